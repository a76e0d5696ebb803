import { windowOutSizePx } from '@dmnn/architecture';
import type * as tf from '@tensorflow/tfjs-core';
import type { ConvLayer } from '../layers/conv-layer.js';
import { hasPackedConvolution } from '../kernels/custom-operation.js';

/**
 * The cost of gathering and scattering rows, in the multiply–accumulates that take as long: for each number copied, and
 * for the operations that copy. Measured, see docs/decisions/2026-11-24-when-rows-are-skipped.md.
 */
const COPYING = { macsPerNumber: 40, macsPerCall: 2e6 } as const;

/** The same where convolutions gather and scatter rows themselves: two small tensors. */
const IN_PLACE = { macsPerNumber: 0, macsPerCall: 1e6 } as const;

/**
 * Whether units run faster for some rows of a batch than for all of it.
 *
 * Depends only on shapes and kernels, never on a clock: the same images take the same path each time, and so give the same
 * bits.
 *
 * @param x - `[B, H, W, C]`, the input of the first unit
 * @param rows - how many rows of the batch are needed
 */
export function isWorthSkipping(units: readonly ConvLayer[], x: tf.Tensor4D, rows: number): boolean {
  const [images, height, width, channels] = x.shape;
  const { macsPerNumber, macsPerCall } = hasPackedConvolution() ? IN_PLACE : COPYING;
  let [h, w] = [height, width];
  let macs = 0;
  for (const { unit, weight } of units) {
    h = windowOutSizePx(h, unit);
    w = windowOutSizePx(w, unit);
    macs += h * w * weight.size;
  }
  const taken = rows * height * width * channels;
  const placed = images * h * w * (units.at(-1)?.unit.outChannels ?? 0);
  return (images - rows) * macs > macsPerCall + macsPerNumber * (taken + placed);
}
