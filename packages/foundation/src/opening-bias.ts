/**
 * Biases of a controller's last layer for a given initial execution rate, when the rest of its output is near 0.
 *
 * Dynamic networks start mostly open (ConvNet-AIG at 0.87, LAUDNet at 0.99), because closed sub-blocks are not trained.
 * The rate holds for sampled gates at any temperature; `likeliest` opens all gates if the rate is above one half.
 *
 * @param rate - wanted probability of on, in (0, 1).
 * @returns two biases that sum to 0 and whose softmax is (1 − rate, rate).
 * @throws RangeError if the rate is not in (0, 1).
 *
 * @example
 * ```ts
 * import { openingBias } from '@dmnn/foundation';
 *
 * const { off, on } = openingBias(0.88);
 * console.log((1 / (1 + Math.exp(off - on))).toFixed(2)); // => 0.88
 * ```
 */
export function openingBias(rate: number): { off: number; on: number } {
  if (!(rate > 0 && rate < 1)) {
    throw new RangeError(
      `rate: expected a number between 0 and 1, both excluded, got ${rate}; 0.88 is usual`,
    );
  }
  const on = (Math.log(rate) - Math.log1p(-rate)) / 2;
  return { off: -on, on };
}
