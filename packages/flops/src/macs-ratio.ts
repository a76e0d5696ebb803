/**
 * Cost divided by that of the undivided backbone, as in the paper's tables. Can exceed 1.
 *
 * This differs from `flopsRate`, which divides by the cost of the same network with all gates open (Eq. 14).
 *
 * @param macs - cost of an image, or the mean of many; same conventions and image size as `undividedMacs`
 * @param undividedMacs - such as `countUndivided(architecture).macs`
 * @throws RangeError if `macs` is not finite or below 0, or `undividedMacs` is not finite or not above 0
 * @example
 * ```ts
 * import { macsRatio } from '@dmnn/flops';
 *
 * console.log(macsRatio(2.07e9, 4.14e9)); // => 0.5
 * ```
 */
export function macsRatio(macs: number, undividedMacs: number): number {
  if (!(macs >= 0 && macs < Infinity))
    throw new RangeError(`macs: expected a finite number >= 0, got ${macs}`);
  if (!(undividedMacs > 0 && undividedMacs < Infinity)) {
    throw new RangeError(`undividedMacs: expected a finite number > 0, got ${undividedMacs}`);
  }
  return macs / undividedMacs;
}
