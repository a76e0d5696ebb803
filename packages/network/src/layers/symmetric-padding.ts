import { type SlidingWindow, windowOutSizePx } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';

/** The padding to pass to tfjs, and the input to pass with it. `padded` may be the input itself. */
export interface SymmetricPadding {
  readonly padded: tf.Tensor4D;
  readonly pad: 'same' | 'valid';
}

/**
 * Explicit symmetric padding, as in PyTorch, in terms that every backend supports forwards and backwards.
 *
 * 'valid' where nothing is padded; 'same' where it puts its windows where symmetric padding does; otherwise the input
 * is padded first, by no more than windows reach.
 *
 * @param x - `[B, H, W, C]`
 * @param fill - the padding's value: 0 for a convolution, −∞ for a maximum
 */
export function symmetricPadding(x: tf.Tensor4D, window: SlidingWindow, fill: number): SymmetricPadding {
  const [, height, width] = x.shape;
  if (window.padding === 0) return { padded: x, pad: 'valid' };
  if (isSame(height, window) && isSame(width, window)) return { padded: x, pad: 'same' };
  return {
    padded: tf.pad<tf.Tensor4D>(x, [[0, 0], reach(height, window), reach(width, window), [0, 0]], fill),
    pad: 'valid',
  };
}

/** Whether TensorFlow's 'same' begins at the same pixel and leaves as many windows. */
function isSame(sizePx: number, window: SlidingWindow): boolean {
  const { kernelSize, stride, padding } = window;
  const outSizePx = Math.ceil(sizePx / stride);
  const total = Math.max((outSizePx - 1) * stride + kernelSize - sizePx, 0);
  return outSizePx === windowOutSizePx(sizePx, window) && Math.floor(total / 2) === padding;
}

/** Pixels before and after: those after the last window are not needed. */
function reach(sizePx: number, window: SlidingWindow): [number, number] {
  const { kernelSize, stride, padding } = window;
  const last = (windowOutSizePx(sizePx, window) - 1) * stride + kernelSize;
  return [padding, Math.max(last - padding - sizePx, 0)];
}
