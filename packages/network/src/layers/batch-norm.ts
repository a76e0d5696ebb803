import * as tf from '@tensorflow/tfjs-core';
import { batchNormError } from '../checks/batch-norm-error.js';
import { batchNormTrain } from '../kernels/batch-norm-train.js';
import type { Normalisation } from '../kernels/norm-sum.js';
import type { LayerVariables } from './layer-variables.js';
import type { Pass } from './pass.js';

/** Batch norm over all axes but the last, with its variables. */
export interface BatchNorm {
  /** What is added to the variance. */
  readonly epsilon: number;
  /** Normalises `x`. Statistics of the batch update the moving averages at the end of the pass. */
  run<T extends tf.Tensor>(x: T, pass: Pass): T;
  /**
   * The parameters for an operation that itself normalises `x` with the statistics of the batch.
   *
   * @throws DmnnError `DMNN_BATCH_NORM` if `x` has a single value per channel
   */
  forBatch(x: tf.Tensor, pass: Pass): Normalisation;
}

/** Binds the variables of a batch norm. */
export function batchNorm(path: string, { variables }: LayerVariables, epsilon: number): BatchNorm {
  const gamma = variables.get<tf.Rank.R1>(`${path}.gamma`);
  const beta = variables.get<tf.Rank.R1>(`${path}.beta`);
  const movingMean = variables.get<tf.Rank.R1>(`${path}.movingMean`);
  const movingVariance = variables.get<tf.Rank.R1>(`${path}.movingVariance`);
  const forBatch = (x: tf.Tensor, { averages }: Pass): Normalisation => {
    // of x alone: it may hold more channels than these
    const count = x.size / (x.shape.at(-1) as number);
    if (count < 2) throw batchNormError(path, x.shape);
    return {
      scale: gamma,
      offset: beta,
      onStatistics: (mean, variance) => {
        averages.note(movingMean, mean, 1);
        averages.note(movingVariance, variance, count / (count - 1)); // unbiased, as in PyTorch
      },
    };
  };
  return {
    epsilon,
    forBatch,
    run: <T extends tf.Tensor>(x: T, pass: Pass): T => {
      if (pass.statistics === 'moving') {
        pass.inputs?.note(path, x);
        return tf.batchNorm(x, movingMean, movingVariance, beta, gamma, epsilon) as T;
      }
      const { scale, offset, onStatistics } = forBatch(x, pass);
      return batchNormTrain(x, scale, offset, epsilon, onStatistics);
    },
  };
}
