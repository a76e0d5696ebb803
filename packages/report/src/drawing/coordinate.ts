/**
 * Rounds a coordinate to a hundredth of a pixel: short, and the same on every machine.
 *
 * @throws RangeError if the coordinate is not finite, since a drawing that contains `NaN` stays silently blank
 */
export function coordinate(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`coordinate: expected a finite number, got ${value}`);
  return Math.round(value * 100) / 100 + 0; // no −0
}
