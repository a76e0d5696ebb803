import { assertList, assertRecord, assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { OFF, ON } from './choice.js';
import type { GateContext } from './gate-policy.js';
import { gatingError } from './gating-error.js';

/** @throws DmnnError `DMNN_GATING` unless logits are `[B, N, 2]` and there is one sample key per image. */
export function assertGateLogits(logits: tf.Tensor3D, at: GateContext): void {
  assertTensor('logits', logits, 'a tensor [B, N, 2] (image, sub-block, (off, on))');
  assertRecord('at', at, 'an object with blockIndex and sampleKeys');
  assertList('at.sampleKeys', at.sampleKeys, 'a key for each image of the batch');
  if (logits.rank !== 3 || logits.shape[2] !== 2) {
    throw gatingError(
      'logits',
      '[B, N, 2] (image, sub-block, (off, on))',
      `[${(logits.shape as number[]).join(', ')}]`,
      'Reshape the output of the controller.',
    );
  }
  if (at.sampleKeys.length !== logits.shape[0]) {
    throw gatingError(
      'sampleKeys',
      `${logits.shape[0]} keys, one for each image of the batch`,
      `${at.sampleKeys.length}`,
      'Pass the keys of exactly the images of this batch, in their order.',
    );
  }
}

/**
 * Log-odds of open gates: log p(on) / p(off), which is on minus off.
 *
 * @param logits - `[B, N, 2]`: image, sub-block, (off, on)
 * @returns `[B, N]`. The caller disposes it.
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { gateLogOdds } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * console.log(gateLogOdds(tf.tensor3d([[[1, 3]]])).dataSync()[0]); // => 2
 * ```
 */
export function gateLogOdds(logits: tf.Tensor3D): tf.Tensor2D {
  assertTensor('logits', logits, 'a tensor [B, N, 2]');
  return tf.tidy(() => {
    const column = (k: number) => tf.squeeze<tf.Tensor2D>(tf.slice(logits, [0, 0, k], [-1, -1, 1]), [2]);
    return tf.sub<tf.Tensor2D>(column(ON), column(OFF));
  });
}

/**
 * Computes gates by comparing the two logits, without a gradient.
 *
 * @param compare - maps on − off, `[B, N]`, to booleans.
 */
export function decided(logits: tf.Tensor3D, compare: (logOdds: tf.Tensor2D) => tf.Tensor2D): tf.Tensor2D {
  // comparisons have no gradient function: on the tape they would make the whole loss fail, so a custom gradient hides
  // them
  const decide = tf.customGrad((x) => {
    const pair = x as tf.Tensor3D;
    const logOdds = gateLogOdds(pair);
    const gates = tf.cast(compare(logOdds), 'float32');
    return {
      value: tf.where(tf.isNaN(logOdds), logOdds, gates), // a comparison hides NaN
      gradFunc: () => tf.zeros(pair.shape),
    };
  });
  return decide(logits);
}
