import type { ConvUnit } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { activate, fusedName } from '../kernels/activate.js';
import { conv2d } from '../kernels/conv2d.js';
import { symmetricPadding } from './symmetric-padding.js';

/** The part of a convolution unit that says how its filter moves. */
export type FilterMotion = Pick<ConvUnit, 'kernelSize' | 'stride' | 'padding' | 'groups'>;

/**
 * A convolution with explicit symmetric padding, ordinary, grouped or depth-wise.
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
    const { padded, pad } = symmetricPadding(x, unit, 0);
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
      const { padded, pad } = symmetricPadding(x, unit, 0);
      return tf.fused.conv2d({ x: padded, filter: weight, strides, pad, bias, activation });
    }
    if (isDepthwise(weight)) {
      const { padded, pad } = symmetricPadding(x, unit, 0);
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
