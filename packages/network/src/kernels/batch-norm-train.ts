import * as tf from '@tensorflow/tfjs-core';
import { channelSum } from './channel-sum.js';
import { customGradient, hasKernel, runKernel } from './custom-operation.js';

/** Mean `[C]` and biased variance `[C]` of a batch. They are valid only during the call. */
export type OnStatistics = (mean: tf.Tensor1D, variance: tf.Tensor1D) => void;

/**
 * Batch norm with batch statistics: scale · (x − mean) / √(variance + ε) + offset, over all axes but the last.
 *
 * Runs the kernel `DmnnBatchNormTrain` where one is registered, and `DmnnBatchNormTrainGrad` backwards; composes both
 * otherwise. Keeps x, scale, mean and variance for the gradient; of these only x has full size.
 *
 * @param x - `[…, C]`
 * @param scale - `[C]`, gamma
 * @param offset - `[C]`, beta
 * @param epsilon - added to the variance, > 0
 * @param onStatistics - receives mean and variance; no gradient flows through them
 * @returns of `x`'s shape; the caller disposes it
 * @see Ioffe and Szegedy 2015, Algorithm 1 and the derivatives in §3
 */
export function batchNormTrain<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
  onStatistics?: OnStatistics,
): T {
  return customGradient([x, scale, offset], ([x, scale, offset], save) => {
    const [y, mean, variance] = forward(x, scale, offset, epsilon);
    onStatistics?.(mean, variance);
    save([x, scale, mean, variance]);
    return {
      value: y as T,
      gradFunc: (dy, saved) => backward(dy, saved as BatchNormSaved, epsilon),
    };
  });
}

function forward(
  x: tf.Tensor,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): [y: tf.Tensor, mean: tf.Tensor1D, variance: tf.Tensor1D] {
  if (hasKernel('DmnnBatchNormTrain')) {
    return runKernel('DmnnBatchNormTrain', { x, scale, offset }, { epsilon }) as [
      tf.Tensor,
      tf.Tensor1D,
      tf.Tensor1D,
    ];
  }
  const count = x.size / scale.size;
  const mean = tf.div<tf.Tensor1D>(channelSum(x), count);
  // around the mean, not E[x²] − mean², which cancels
  const squares = tf.squaredDifference(x, mean);
  const variance = tf.div<tf.Tensor1D>(channelSum(squares), count);
  squares.dispose();
  return [normalised(x, mean, variance, epsilon, scale, offset), mean, variance];
}

type BatchNormSaved = readonly [x: tf.Tensor, scale: tf.Tensor1D, mean: tf.Tensor1D, variance: tf.Tensor1D];
type BatchNormGradients = [dx: tf.Tensor, dscale: tf.Tensor, doffset: tf.Tensor];

function backward(dy: tf.Tensor, saved: BatchNormSaved, epsilon: number): BatchNormGradients {
  const [x, scale, mean, variance] = saved;
  if (hasKernel('DmnnBatchNormTrainGrad')) {
    const inputs = { dy, x, scale, mean, variance };
    return runKernel('DmnnBatchNormTrainGrad', inputs, { epsilon }) as BatchNormGradients;
  }
  return tf.tidy(() => {
    const count = x.size / scale.size;
    const centred = normalised(x, mean, variance, epsilon);
    const product = tf.mul(dy, centred);
    const dscale = channelSum(product);
    product.dispose();
    const doffset = channelSum(dy);
    // scale/σ · (dy − mean(dy) − x̂ · mean(dy·x̂)), both affine maps through the kernel that every backend has
    const slope = tf.div(tf.mul(scale, dscale), tf.mul(tf.sqrt(tf.add(variance, epsilon)), count));
    const along = tf.mul(centred, slope);
    centred.dispose();
    const across = normalised(dy, tf.div(doffset, count), variance, epsilon, scale);
    return [tf.sub(across, along), dscale, doffset];
  });
}

/** scale · (x − mean) / √(variance + ε) + offset, in one pass. */
function normalised(
  x: tf.Tensor,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  epsilon: number,
  scale?: tf.Tensor1D,
  offset?: tf.Tensor1D,
): tf.Tensor {
  return tf.batchNorm(x, mean, variance, offset, scale, epsilon);
}
