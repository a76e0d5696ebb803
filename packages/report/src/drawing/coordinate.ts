/**
 * A number of a drawing, to the hundredth of a pixel: short, and the same on every machine.
 *
 * @throws RangeError if it is not finite, since a drawing with `NaN` in it shows nothing and says nothing
 */
export function coordinate(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`coordinate: expected a finite number, got ${value}`);
  return Math.round(value * 100) / 100 + 0; // no −0
}
