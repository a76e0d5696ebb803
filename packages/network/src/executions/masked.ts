import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../kernels/activate.js';
import { type BlockInput, type Demand, plainInput } from './block-input.js';
import { type BlockLayer, shortcutOf } from '../layers/block-layer.js';
import { runInTurn } from '../layers/conv-layer.js';
import { gatedSum } from '../kernels/gated-sum.js';
import { fusedMasked } from './masked-fused.js';
import type { Pass } from '../layers/pass.js';

/**
 * activation(shortcut(x) + Σ_n g_n · f_n(x)): runs every sub-block f_n of a block on the whole batch and sums the
 * results, each image's multiplied by its gates.
 *
 * Where the backend has our kernels, {@link fusedMasked} computes the same in fewer operations.
 *
 * @param gates - `[B, N]`; undefined for a block without a controller, which always runs all sub-blocks
 * @see DMNN §3.2 Eq. 4
 */
export function runMasked(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
  pass: Pass,
  demand: Demand,
): BlockInput {
  return tf.tidy(
    () => fusedMasked(block, input, gates, pass, demand) ?? plainInput(composed(block, input, gates, pass)),
  );
}

/** Eq. 4 in operations that every backend has. */
function composed(
  block: BlockLayer,
  { map, shortcut }: BlockInput,
  gates: tf.Tensor2D | undefined,
  pass: Pass,
): tf.Tensor4D {
  const paths = block.subBlocks.map((units) => runInTurn(units, map, pass));
  if (gates) {
    const sum = gatedSum(shortcutOf(block).run(shortcut, pass), gates, paths);
    return activate(sum, block.activation);
  }
  const all = block.shortcut ? [block.shortcut.run(shortcut, pass), ...paths] : paths;
  return activate(
    all.reduce((total, each) => tf.add(total, each)),
    block.activation,
  );
}
