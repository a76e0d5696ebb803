import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.js';
import { type BlockLayer, shortcutOf } from './block-layer.js';
import { gatedSum } from './kernels/gated-sum.js';
import type { Statistics } from './statistics.js';

/**
 * Runs every sub-block of a gated block for every image, and multiplies what comes out by the gates.
 *
 * @see DMNN §3.2 Eq. 4
 */
export function runMasked(
  block: BlockLayer,
  x: tf.Tensor4D,
  gates: tf.Tensor2D,
  statistics: Statistics,
): tf.Tensor4D {
  return tf.tidy(() => {
    const paths = block.subBlocks.map((subBlock) => subBlock(x, statistics));
    const shortcut = shortcutOf(block)(x, statistics);
    return activate(gatedSum(shortcut, gates, paths), block.activation);
  });
}
