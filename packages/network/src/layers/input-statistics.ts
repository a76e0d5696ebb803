import type { Float32Tensor, Weights } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import { batchNormError } from '../checks/batch-norm-error.js';

/** Means and variances of the inputs of batch norms in one pass; owns their tensors. */
export class InputStatistics {
  readonly #noted = new Map<string, tf.Tensor1D>();

  /**
   * Records the mean and the unbiased variance of every channel of `x`.
   *
   * @throws DmnnError `DMNN_BATCH_NORM` if `x` has a single value per channel
   */
  note(path: string, x: tf.Tensor): void {
    const count = x.size / (x.shape.at(-1) as number);
    if (count < 2) throw batchNormError(path, x.shape);
    tf.tidy(() => {
      const axes = x.shape.slice(0, -1).map((_, axis) => axis);
      const { mean, variance } = tf.moments(x, axes);
      const unbiased = tf.mul(variance, count / (count - 1));
      this.#noted.set(`${path}.movingMean`, tf.keep(mean as tf.Tensor1D));
      this.#noted.set(`${path}.movingVariance`, tf.keep(unbiased as tf.Tensor1D));
    });
  }

  /** A copy of the records, by the names of moving statistics. */
  async weights(): Promise<Weights<Float32Tensor>> {
    const weights = new Map<string, Float32Tensor>();
    for (const [name, tensor] of this.#noted) {
      const data = (await tensor.data<'float32'>()).slice();
      weights.set(name, { dtype: 'F32', shape: tensor.shape, data });
    }
    return weights;
  }

  /** Frees the records. */
  dispose(): void {
    tf.dispose([...this.#noted.values()]);
    this.#noted.clear();
  }
}
