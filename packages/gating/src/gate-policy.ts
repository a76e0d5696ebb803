import type * as tf from '@tensorflow/tfjs-core';

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
