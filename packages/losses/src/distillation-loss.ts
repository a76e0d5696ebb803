import { assertRecord, assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertClassLogits } from './class-logits.js';
import { lossError } from './loss-error.js';

/** Options of {@link distillationLoss}. */
export interface DistillationOptions {
  /**
   * T, finite, > 0: divides both networks' logits; above 1 it emphasises the teacher's probabilities of the other
   * classes.
   */
  readonly temperature: number;
}

/**
 * Divergence of the network's class probabilities from a teacher's: T² · KL(softmax(teacher / T) ‖ softmax(logits /
 * T)), averaged over the batch. The factor T² keeps the scale of the gradient independent of T.
 *
 * @param logits - `[B, classes]` of the network being trained
 * @param teacherLogits - `[B, classes]` of the teacher, for the same images; receives no gradient
 * @returns a scalar in nats, differentiable with respect to `logits`. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if the shapes are not `[B, classes]` and equal. RangeError if the temperature is not >
 * 0.
 * @see Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network (arXiv 1503.02531) §2
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { distillationLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const teacher = tf.tensor2d([[4, 0]]);
 * const same = distillationLoss(tf.tensor2d([[5, 1]]), teacher, { temperature: 2 }); // only differences matter
 * const other = distillationLoss(tf.tensor2d([[0, 0]]), teacher, { temperature: 2 });
 * console.log(same.dataSync()[0]?.toFixed(3), other.dataSync()[0]?.toFixed(3)); // => 0.000 1.311
 * ```
 */
export function distillationLoss(
  logits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  options: DistillationOptions,
): tf.Scalar {
  assertRecord('options', options, 'an object with temperature');
  const { temperature } = options;
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(`temperature: expected a finite number > 0, got ${temperature}; 2 to 4 are usual`);
  }
  assertClassLogits(logits);
  assertTensor('teacherLogits', teacherLogits, 'a tensor of the logits’ shape');
  if (teacherLogits.shape.join() !== logits.shape.join()) {
    throw lossError(
      'teacherLogits',
      `[${logits.shape.join(', ')}], as the logits`,
      `[${teacherLogits.shape.join(', ')}]`,
      'Use the same images and classes for both networks.',
    );
  }
  const teacher = tf.tidy(() => logSoftmaxAt(teacherLogits, temperature));
  const divergence = tf.customGrad((x, save) => {
    const own = logSoftmaxAt(x as tf.Tensor2D, temperature);
    const wanted = tf.exp(teacher);
    const perImage = tf.sum(tf.mul(wanted, tf.sub(teacher, own)), 1);
    // T² from the definition, 1 / T from dividing the logits
    const slope = tf.mul(tf.sub(tf.exp(own), wanted), temperature / logits.shape[0]);
    (save as tf.GradSaveFunc)([slope]);
    return {
      value: tf.mul<tf.Scalar>(tf.mean(perImage), temperature ** 2),
      gradFunc: (upstream: tf.Scalar, [saved]: tf.Tensor[]) => tf.mul(upstream, saved as tf.Tensor),
    };
  });
  const value = divergence(logits);
  teacher.dispose();
  return value;
}

/** log softmax(x / T), from operations that every backend has. */
function logSoftmaxAt(x: tf.Tensor2D, temperature: number): tf.Tensor2D {
  const scaled = tf.div<tf.Tensor2D>(x, temperature);
  const shifted = tf.sub<tf.Tensor2D>(scaled, tf.max(scaled, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}
