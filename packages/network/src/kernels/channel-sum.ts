import * as tf from '@tensorflow/tfjs-core';

/**
 * Sum over everything but the last axis: `[…, C]` → `[C]`.
 *
 * As products with ones, which every backend has fast; reductions of leading axes transpose the whole tensor on some.
 * Images are summed first, so that no float32 sum is longer than a map or a batch.
 */
export function channelSum(x: tf.Tensor): tf.Tensor1D {
  const channels = x.shape[x.rank - 1] as number;
  return tf.tidy(() => {
    const images = x.shape[0];
    const pixels = x.size / images / channels;
    const perImage = tf.reshape(
      tf.matMul(tf.ones([1, 1, pixels]), tf.reshape(x, [images, pixels, channels])),
      [images, channels],
    );
    return tf.reshape<tf.Rank.R1>(tf.matMul(tf.ones([1, images]), perImage), [channels]);
  });
}
