import type { ConvUnit } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { symmetricPadding } from './symmetric-padding.js';

/**
 * A convolution with explicit symmetric padding, ordinary, grouped or depth-wise.
 *
 * tfjs has no grouped one: each group is a convolution of its own slices. Where there are as many groups as input
 * channels it is a depth-wise convolution.
 *
 * @param x - `[B, H, W, Cin]`
 * @param weight - `[k, k, Cin / groups, Cout]`
 * @returns `[B, H', W', Cout]`; the caller disposes it
 */
export function convolution(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  unit: Pick<ConvUnit, 'kernelSize' | 'stride' | 'padding' | 'groups'>,
): tf.Tensor4D {
  const { stride, groups } = unit;
  return tf.tidy(() => {
    const { padded, pad } = symmetricPadding(x, unit, 0);
    if (groups === 1) return tf.conv2d<tf.Tensor4D>(padded, weight, stride, pad);
    const [size, , perGroup, outChannels] = weight.shape;
    if (perGroup === 1) {
      const filter = tf.reshape<tf.Rank.R4>(weight, [size, size, groups, outChannels / groups]);
      return tf.depthwiseConv2d<tf.Tensor4D>(padded, filter, stride, pad);
    }
    const filters = tf.split<tf.Tensor4D>(weight, groups, 3);
    const parts = tf.split<tf.Tensor4D>(padded, groups, 3);
    return tf.concat(
      parts.map((part, g) => tf.conv2d(part, filters[g] as tf.Tensor4D, stride, pad)),
      3,
    );
  });
}
