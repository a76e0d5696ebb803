import { gatedBlocks } from '@dmnn/architecture';
import { classificationLoss } from '@dmnn/losses';
import type { Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';

/** Some images with their classes. */
export interface LabelledImages {
  /** `[B, H, W, 3]`, normalised. */
  readonly images: tf.Tensor4D;
  readonly labels: Int32Array;
  readonly sampleKeys: readonly number[];
}

/**
 * How much the loss of each image is expected to change without a sub-block, to first order at all gates open: |∂loss / ∂gate|. With
 * moving statistics, so that images do not depend on each other. Keep it off the tape of another gradient.
 *
 * @returns `[l]`: `[B, N]`, in nats; the caller disposes them
 * @see Molchanov et al. 2016, Pruning Convolutional Neural Networks for Resource Efficient Inference (arXiv 1611.06440), Eq. 8,
 *   with the gate of a sub-block in place of an activation
 */
export function lossChanges(network: Network, { images, labels, sampleKeys }: LabelledImages): tf.Tensor2D[] {
  const count = labels.length;
  return tf.tidy(() => {
    const loss = (...gates: tf.Tensor[]): tf.Scalar => {
      const { logits } = network.forward(images, {
        policy: (_, { blockIndex }) => tf.clone(gates[blockIndex] as tf.Tensor2D),
        statistics: 'moving',
        execution: 'masked',
        sampleKeys,
      });
      // of all images, not their mean: so that each image's gates have the gradient of its own loss
      return tf.mul(classificationLoss(logits, labels), count);
    };
    const open = gatedBlocks(network.architecture).map(({ block }) =>
      tf.ones([count, block.subBlocks.length]),
    );
    return tf
      .grads(loss)(open)
      .map((each) => tf.abs(each as tf.Tensor2D));
  });
}

/** The norm of what each sub-block gives, with all gates open and moving statistics. @returns `[l]`: `[B, N]`; the caller disposes them */
export function subBlockNorms(network: Network, { images, sampleKeys }: LabelledImages): tf.Tensor2D[] {
  return tf.tidy(
    () =>
      network.forward(images, {
        policy: (logits) => tf.ones([logits.shape[0], logits.shape[1]]),
        statistics: 'moving',
        execution: 'masked',
        sampleKeys,
        norms: true,
      }).norms,
  );
}
