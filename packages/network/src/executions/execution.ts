import type * as tf from '@tensorflow/tfjs-core';
import type { BlockInput, Demand } from './block-input.js';
import type { BlockLayer } from '../layers/block-layer.js';
import { runMasked } from './masked.js';
import { runSkipping } from './skipping.js';
import type { Pass } from '../layers/pass.js';

/**
 * How gated blocks run. Both give the same logits.
 *
 * `masked`: every sub-block for every image, multiplied by its gates; differentiable with respect to gates.
 * `skipping`: a sub-block for the images that opened it, and not at all if none did. Gates are read back to the host,
 * once per block, and get no gradient.
 */
export type Execution = 'masked' | 'skipping';

/** Runs a gated block: its input and gates `[B, N]` → the next block's input. */
export type RunBlock = (
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D,
  pass: Pass,
  demand: Demand,
) => BlockInput;

/** The function that runs gated blocks, by execution. */
export const runners: { readonly [execution in Execution]: RunBlock } = {
  masked: runMasked,
  skipping: runSkipping,
};
