import * as tf from '@tensorflow/tfjs-core';
import { BatchNormError } from './batch-norm-error.js';
import { batchNormTrain } from './kernels/batch-norm-train.js';
import type { NamedVariables } from './named-variables.js';
import type { Statistics } from './statistics.js';

/** Added to the variance, as in PyTorch. */
export const BATCH_NORM_EPSILON = 1e-5;

/** Weight of the new batch in the moving statistics, as PyTorch counts it. */
export const BATCH_NORM_MOMENTUM = 0.1;

/** Batch norm over all axes but the last. */
export type BatchNorm = <T extends tf.Tensor>(x: T, statistics: Statistics) => T;

/**
 * Batch norm with the variables at a path: `.gamma`, `.beta`, `.movingMean`, `.movingVariance`.
 *
 * With `batch` statistics it also moves the moving ones: 0.9 of the old, 0.1 of the batch's mean and unbiased variance.
 *
 * @throws BatchNormError (from the result) if the statistics would be those of one value
 */
export function batchNorm(path: string, variables: NamedVariables): BatchNorm {
  const gamma = variables.get<tf.Rank.R1>(`${path}.gamma`);
  const beta = variables.get<tf.Rank.R1>(`${path}.beta`);
  const movingMean = variables.get<tf.Rank.R1>(`${path}.movingMean`);
  const movingVariance = variables.get<tf.Rank.R1>(`${path}.movingVariance`);
  return <T extends tf.Tensor>(x: T, statistics: Statistics): T => {
    if (statistics === 'moving') {
      return tf.batchNorm(x, movingMean, movingVariance, beta, gamma, BATCH_NORM_EPSILON) as T;
    }
    const count = x.size / gamma.size;
    if (count < 2) throw new BatchNormError(path, x.shape);
    return batchNormTrain(x, gamma, beta, BATCH_NORM_EPSILON, (mean, variance) => {
      move(movingMean, mean, 1);
      move(movingVariance, variance, count / (count - 1));
    });
  };
}

/** A step of an exponential average, beside any tape: called from within a custom gradient, where nothing is recorded. */
function move(average: tf.Variable<tf.Rank.R1>, latest: tf.Tensor1D, factor: number): void {
  const next = tf.tidy(() =>
    tf.add<tf.Tensor1D>(
      tf.mul(average, 1 - BATCH_NORM_MOMENTUM),
      tf.mul(latest, BATCH_NORM_MOMENTUM * factor),
    ),
  );
  average.assign(next);
  next.dispose();
}
