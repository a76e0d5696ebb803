import type * as tf from '@tensorflow/tfjs-core';

/** The rates of a batch on the tape, the arguments of every loss on resources. */
export interface RateTensors {
  /** `[L]`: execution rate of each gated block, Eq. 11. */
  readonly rates: tf.Tensor1D;
  /** Executed fraction of the full network's MACs, Eq. 13 divided by F_full. */
  readonly flopsRate: tf.Scalar;
}

/** The rates of a batch as plain numbers. */
export interface RateNumbers {
  /** `[L]`: execution rate of each gated block, a fraction. */
  readonly rates: readonly number[];
  /** Executed fraction of the full network's MACs. */
  readonly flopsRate: number;
}
