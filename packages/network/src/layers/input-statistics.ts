import * as tf from '@tensorflow/tfjs-core';
import { BatchNormError } from '../checks/batch-norm-error.js';

/** Means and variances of what enters batch norms, noted while someone wants them. */
export class InputStatistics {
  #noted: Map<string, tf.Tensor1D> | undefined;

  /** Notes the mean and the unbiased variance of every channel of `x`, if they are wanted. */
  note(path: string, x: tf.Tensor): void {
    const noted = this.#noted;
    if (!noted) return;
    const count = x.size / (x.shape.at(-1) as number);
    if (count < 2) throw new BatchNormError(path, x.shape);
    tf.tidy(() => {
      const axes = x.shape.slice(0, -1).map((_, axis) => axis);
      const { mean, variance } = tf.moments(x, axes);
      const unbiased = tf.mul(variance, count / (count - 1));
      noted.set(`${path}.movingMean`, tf.keep(mean as tf.Tensor1D));
      noted.set(`${path}.movingVariance`, tf.keep(unbiased as tf.Tensor1D));
    });
  }

  /** Runs a pass. @returns what was noted, by the names of moving statistics; the caller disposes it */
  during(pass: () => void): Map<string, tf.Tensor1D> {
    const noted = new Map<string, tf.Tensor1D>();
    this.#noted = noted;
    try {
      pass();
      return noted;
    } catch (error) {
      tf.dispose([...noted.values()]);
      throw error;
    } finally {
      this.#noted = undefined;
    }
  }
}
