import type * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, type Labels } from './cross-entropy.js';

/**
 * Softmax cross entropy of one controller's category head, averaged over the batch.
 *
 * A category is coarser than a class: 58 for ImageNet, the 20 superclasses for CIFAR-100.
 *
 * @param logits - `[B, categories]`: a linear classifier on the controller's state h_l.
 * @param labels - B plain integers in 0 … categories − 1.
 * @returns a scalar in nats, not weighted. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if the rank of the logits is not 2, the number of labels differs, or a label is out of
 * range.
 * @see DMNN §3.2 Eq. 9.
 */
export function categoryLoss(logits: tf.Tensor2D, labels: Labels): tf.Scalar {
  return crossEntropy(logits, labels, 0);
}
