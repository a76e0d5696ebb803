import { assertList } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertClassLogits } from './class-logits.js';
import { lossError } from './loss-error.js';

/** Labels as plain integers, one for each image: `number[]`, `Int32Array`, `Uint8Array` and the like. */
export type Labels = ArrayLike<number>;

/**
 * Mean over the batch of −Σ_j q_j log softmax(logits)_j, where q is the label's one-hot vector mixed with the uniform
 * one.
 *
 * Uses one custom gradient, softmax − q, instead of taping a log-sum-exp.
 */
export function crossEntropy(logits: tf.Tensor2D, labels: Labels, labelSmoothing: number): tf.Scalar {
  assertClassLogits(logits);
  const [images, classes] = logits.shape;
  assertLabels(labels, images, classes);

  const mean = tf.customGrad((x, save) => {
    // the wasm backend writes integer bits for any requested type, so cast the result instead of requesting a type
    const hit = tf.cast(tf.oneHot(tf.tensor1d(Int32Array.from(labels), 'int32'), classes), 'float32');
    const q = tf.add(tf.mul(hit, 1 - labelSmoothing), labelSmoothing / classes);
    const shifted = tf.sub(x as tf.Tensor2D, tf.max(x as tf.Tensor2D, 1, true)); // exp of it is at most 1
    const powers = tf.exp(shifted);
    const sums = tf.sum(powers, 1, true);
    const target = tf.where(tf.greater(q, 0), tf.mul(q, shifted), 0); // 0 · −∞ of an impossible class is NaN
    // q sums to 1, so the shift cancels in log-sum-exp − q·x
    const perImage = tf.sub(tf.log(tf.squeeze(sums, [1])), tf.sum(target, 1));
    (save as tf.GradSaveFunc)([tf.div(tf.sub(tf.div(powers, sums), q), images)]);
    return {
      value: tf.mean<tf.Scalar>(perImage),
      gradFunc: (upstream: tf.Scalar, [slope]: tf.Tensor[]) => tf.mul(upstream, slope as tf.Tensor),
    };
  });
  return mean(logits);
}

/**
 * −log softmax(logits) at each image's label, without a gradient.
 *
 * @returns `[B]`. The caller disposes it.
 */
export function imageCrossEntropies(logits: tf.Tensor2D, labels: Labels): tf.Tensor1D {
  assertClassLogits(logits);
  const [images, classes] = logits.shape;
  assertLabels(labels, images, classes);
  return tf.tidy(() => {
    const hit = tf.cast(tf.oneHot(tf.tensor1d(Int32Array.from(labels), 'int32'), classes), 'float32');
    const shifted = tf.sub(logits, tf.max(logits, 1, true));
    const own = tf.sum(tf.where(tf.greater(hit, 0), shifted, 0), 1);
    return tf.sub<tf.Tensor1D>(tf.log(tf.sum(tf.exp(shifted), 1)), own);
  });
}

function assertLabels(labels: Labels, images: number, classes: number): void {
  if (!(labels instanceof tf.Tensor)) assertList('labels', labels, 'a plain integer for each image');
  if (labels.length !== images) {
    throw lossError(
      'labels',
      `${images} plain integers, one for each image`,
      labels instanceof tf.Tensor ? 'a tensor' : String(labels.length),
      'Pass an array, not a tensor: labels are checked, and a one-hot vector would hide a label out of range.',
    );
  }
  for (let b = 0; b < images; b++) {
    const label = labels[b] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw lossError(
        `labels[${b}]`,
        `an integer in 0 … ${classes - 1}`,
        `${label}`,
        'Labels index the last axis of the logits.',
      );
    }
  }
}
