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

/** What {@link runMeasured} gives. */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- tf.tidy takes no interface
export type MeasuredBlock = {
  readonly output: BlockInput;
  /** `[B, N]`, ‖f_n(x)‖₂ over height, width and channels, before the gate. */
  readonly norms: tf.Tensor2D;
};

/** Like {@link runMasked}, and measures what each sub-block gives. In separate operations, since fused ones keep no results of sub-blocks. */
export function runMeasured(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D,
  pass: Pass,
): MeasuredBlock {
  return tf.tidy(() => {
    const paths = pathsOf(block, input, pass);
    // the sum may overwrite its paths, so they are measured first
    const norms = tf.concat<tf.Tensor2D>(paths.map(imageNorms), 1);
    return { output: plainInput(summed(block, input, gates, pass, paths)), norms };
  });
}

/** ‖x_b‖₂ of each image: `[B, 1]`, row by row of the map first, so that float32 sums stay short. */
function imageNorms(x: tf.Tensor4D): tf.Tensor2D {
  const [images, height, width, channels] = x.shape;
  return tf.tidy(() => {
    const perRow = tf.sum(tf.reshape(tf.square(x), [images * height, width * channels]), 1);
    return tf.sqrt(tf.sum<tf.Tensor2D>(tf.reshape(perRow, [images, height]), 1, true));
  });
}

/** Eq. 4 in operations that every backend has. */
function composed(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
  pass: Pass,
): tf.Tensor4D {
  return summed(block, input, gates, pass, pathsOf(block, input, pass));
}

/** The results of all sub-blocks. */
function pathsOf(block: BlockLayer, { map }: BlockInput, pass: Pass): tf.Tensor4D[] {
  return block.subBlocks.map((units) => runInTurn(units, map, pass));
}

function summed(
  block: BlockLayer,
  { shortcut }: BlockInput,
  gates: tf.Tensor2D | undefined,
  pass: Pass,
  paths: readonly tf.Tensor4D[],
): tf.Tensor4D {
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
