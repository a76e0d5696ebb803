import { assertList, assertRecord, assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { gatingError } from './gating-error.js';
import { gateLogOdds } from './gate-log-odds.js';

/** What a policy is applied to: the block and the images. */
export interface GateContext {
  /** Index of the gated block, l, from 0. */
  readonly blockIndex: number;
  /** One key per image of the batch that identifies the image, e.g. its index in the data set. */
  readonly sampleKeys: readonly number[];
}

/**
 * Turns gate logits `[B, N, 2]` (image, sub-block, (off, on)) into gates `[B, N]` of {0, 1}; 1 runs the sub-block.
 *
 * A policy is a value: pass one to train, another to run, a third to test. A policy changes no state,
 * does not dispose its arguments, and its caller disposes the result. NaN logits give NaN gates.
 */
export type GatePolicy = (logits: tf.Tensor3D, at: GateContext) => tf.Tensor2D;

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
