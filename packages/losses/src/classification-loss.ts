import { assertRecord } from '@dmnn/foundation';
import type * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, type Labels } from './cross-entropy.js';

/** Options of {@link classificationLoss}. */
export interface ClassificationOptions {
  /** Fraction of the target spread evenly over all classes, in [0, 1). @defaultValue 0 */
  readonly labelSmoothing?: number | undefined;
}

/**
 * Softmax cross entropy of the network's logits, averaged over the batch: L_cls of Eq. 16.
 *
 * @param logits - `[B, classes]`.
 * @param labels - B plain integers in 0 … classes − 1. Plain numbers, because a label out of range must be an error,
 *   whereas a one-hot tensor would have a row of zeros.
 * @returns a scalar in nats, differentiable with respect to the logits. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if the rank of the logits is not 2, the number of labels differs, or a label is out of
 *   range. RangeError if `labelSmoothing` is outside [0, 1).
 * @see DMNN §3.3 Eq. 16. Label smoothing: Szegedy et al. 2016 (arXiv 1512.00567) §7.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { classificationLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const loss = classificationLoss(tf.tensor2d([[0, 0], [0, 0]]), [1, 0]); // uniform prediction: log 2
 * console.log(loss.dataSync()[0]?.toFixed(4)); // => 0.6931
 * ```
 */
export function classificationLoss(
  logits: tf.Tensor2D,
  labels: Labels,
  options: ClassificationOptions = {},
): tf.Scalar {
  assertRecord('options', options, 'an object with labelSmoothing');
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new RangeError(`labelSmoothing: expected a number in [0, 1), got ${labelSmoothing}; 0.1 is usual`);
  }
  return crossEntropy(logits, labels, labelSmoothing);
}
