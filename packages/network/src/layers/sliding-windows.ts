import {
  type ConvUnit,
  type MaxPool,
  type PaddingSides,
  type SlidingWindow,
  paddingSides,
  windowOutSizePx,
} from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { activate, fusedName } from '../kernels/activate.js';
import { conv2d } from '../kernels/conv2d.js';

/** The padding to pass to tfjs, and the input to pass with it. `padded` may be the input itself. */
interface TensorPadding {
  readonly padded: tf.Tensor4D;
  readonly pad: 'same' | 'valid';
}

/**
 * The padding of a window in terms that every backend supports forwards and backwards.
 *
 * 'valid' where nothing is padded; 'same' where TensorFlow's puts its windows where this padding does; otherwise the
 * input is padded first, by no more than windows reach.
 *
 * @param x - `[B, H, W, C]`
 * @param fill - the padding's value: 0 for a convolution, −∞ for a maximum
 */
function tensorPadding(x: tf.Tensor4D, window: SlidingWindow, fill: number): TensorPadding {
  const [, height, width] = x.shape;
  const sides = paddingSides(window, height, width);
  if (Object.values(sides).every((pixels) => pixels === 0)) return { padded: x, pad: 'valid' };
  if (isSame(sides, window, height, width)) return { padded: x, pad: 'same' };
  const rows = reach(height, sides.top, window);
  const columns = reach(width, sides.left, window);
  return { padded: tf.pad<tf.Tensor4D>(x, [[0, 0], rows, columns, [0, 0]], fill), pad: 'valid' };
}

/** Whether TensorFlow's 'same' begins at the same pixels and leaves as many windows. */
function isSame(own: PaddingSides, window: SlidingWindow, height: number, width: number): boolean {
  const same = { ...window, padding: 'same' } as const;
  const sides = paddingSides(same, height, width);
  const asMany = (sizePx: number) => windowOutSizePx(sizePx, same) === windowOutSizePx(sizePx, window);
  return sides.top === own.top && sides.left === own.left && asMany(height) && asMany(width);
}

/** Pixels before and after: those after the last window are not needed. */
function reach(sizePx: number, before: number, window: SlidingWindow): [number, number] {
  const { kernelSize, stride } = window;
  const last = (windowOutSizePx(sizePx, window) - 1) * stride + kernelSize;
  return [before, Math.max(last - before - sizePx, 0)];
}

/** The part of a convolution unit that says how its filter moves. */
type FilterMotion = Pick<ConvUnit, 'kernelSize' | 'stride' | 'padding' | 'groups'>;

/**
 * A convolution, ordinary, grouped or depth-wise.
 *
 * tfjs has no grouped convolution: each group is a convolution of slices. Where there are as many groups as input
 * channels it is a depth-wise convolution.
 *
 * @param x - `[B, H, W, Cin]`
 * @param weight - `[k, k, Cin / groups, Cout]`
 * @returns `[B, H', W', Cout]`; the caller disposes it
 */
export function convolution(x: tf.Tensor4D, weight: tf.Tensor4D, unit: FilterMotion): tf.Tensor4D {
  const { stride, groups } = unit;
  return tf.tidy(() => {
    const { padded, pad } = tensorPadding(x, unit, 0);
    if (groups === 1) return conv2d(padded, weight, stride, pad);
    if (isDepthwise(weight)) {
      return tf.depthwiseConv2d<tf.Tensor4D>(padded, depthwiseFilter(weight, groups), stride, pad);
    }
    const filters = tf.split<tf.Tensor4D>(weight, groups, 3);
    const parts = tf.split<tf.Tensor4D>(padded, groups, 3);
    return tf.concat(
      parts.map((part, g) => conv2d(part, filters[g] as tf.Tensor4D, stride, pad)),
      3,
    );
  });
}

/**
 * activation({@link convolution} + bias), in one operation where tfjs has one. For passes without a tape.
 *
 * @param bias - `[Cout]`
 */
export function biasedConvolution(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D,
  unit: FilterMotion & Pick<ConvUnit, 'activation'>,
): tf.Tensor4D {
  const activation = fusedName(unit.activation);
  if (!activation) {
    return tf.tidy(() =>
      activate(biasedConvolution(x, weight, bias, { ...unit, activation: 'none' }), unit.activation),
    );
  }
  const { stride: strides, groups } = unit;
  return tf.tidy(() => {
    if (groups === 1) {
      const { padded, pad } = tensorPadding(x, unit, 0);
      return tf.fused.conv2d({ x: padded, filter: weight, strides, pad, bias, activation });
    }
    if (isDepthwise(weight)) {
      const { padded, pad } = tensorPadding(x, unit, 0);
      const filter = depthwiseFilter(weight, groups);
      return tf.fused.depthwiseConv2d({ x: padded, filter, strides, pad, bias, activation });
    }
    const sum = tf.add<tf.Tensor4D>(convolution(x, weight, unit), bias);
    return activation === 'linear' ? sum : tf[activation](sum);
  });
}

function isDepthwise(weight: tf.Tensor4D): boolean {
  return weight.shape[2] === 1;
}

/** `[k, k, 1, Cout]` → `[k, k, Cin, Cout / Cin]`: the outputs of a channel are contiguous in both. */
function depthwiseFilter(weight: tf.Tensor4D, channels: number): tf.Tensor4D {
  const [size, , , outChannels] = weight.shape;
  return tf.reshape(weight, [size, size, channels, outChannels / channels]);
}

/**
 * Maximum over a sliding window, padded with −∞.
 *
 * @param x - `[B, H, W, C]`
 * @returns `[B, H', W', C]`; the caller disposes it
 */
export function maxPool(x: tf.Tensor4D, pool: MaxPool): tf.Tensor4D {
  return tf.tidy(() => {
    const { padded, pad } = tensorPadding(x, pool, -Infinity);
    return tf.maxPool(padded, pool.kernelSize, pool.stride, pad);
  });
}
