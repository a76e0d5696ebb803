import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../layers/activate.js';
import { BATCH_NORM_EPSILON } from '@dmnn/weights';
import { type BlockInput, type Demand, inputOf, plainInput, wanted } from './block-input.js';
import { type BlockLayer, shortcutOf } from '../layers/block-layer.js';
import { type ConvLayer, inTurnOnto, runInTurn } from '../layers/conv-layer.js';
import { convolution } from '../layers/convolution.js';
import { gatedSum } from '../kernels/gated-sum.js';
import { type Normalisation, type NormPath, hasNormSum, normSum } from '../kernels/norm-sum.js';
import { runMerged } from './merged-units.js';
import type { Statistics } from '../layers/statistics.js';

/**
 * Runs every sub-block of a block on the whole batch and adds them up, each image's multiplied by its gates.
 *
 * Where the backend has the kernel, the last batch norms, the gates, the sum and the activation are one operation, and
 * the first convolutions of all sub-blocks are one convolution.
 *
 * @param gates - `[B, N]`; undefined for a block without a controller, which always runs whole
 * @see DMNN §3.2 Eq. 4
 */
export function runMasked(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
  statistics: Statistics,
  demand: Demand,
): BlockInput {
  return tf.tidy(() => {
    const chained = gates ? undefined : chainedOnto(block, input, statistics);
    if (chained) return plainInput(chained);
    if (!hasNormSum()) return plainInput(composed(block, input, gates, statistics));
    const { paths, normalisations, shortcut } =
      (statistics === 'batch' ? unfinishedPaths(block, input, gates) : undefined) ??
      finishedPaths(block, input, gates, statistics);
    return inputOf(
      normSum({
        paths,
        ...(normalisations && { normalisations }),
        epsilon: BATCH_NORM_EPSILON,
        ...(gates && { gates }),
        ...(shortcut && { shortcut }),
        activation: block.activation,
        ...wanted(demand),
      }),
    );
  });
}

/**
 * A block that runs whole, each path added onto the sum by its own last convolution.
 *
 * @returns undefined where that is not possible: see {@link ConvLayer.onto}
 */
function chainedOnto(
  block: BlockLayer,
  { map, shortcut }: BlockInput,
  statistics: Statistics,
): tf.Tensor4D | undefined {
  const paths = block.subBlocks.map((units) => inTurnOnto(units, statistics));
  if (!block.shortcut || !paths.every((path) => path !== undefined)) return undefined;
  return paths.reduce(
    (sum, path, n) => {
      const next = path(map, sum, n === paths.length - 1 ? block.activation : 'none');
      if (sum !== shortcut) sum.dispose();
      return next;
    },
    block.shortcut.run(shortcut, statistics),
  );
}

interface Paths {
  readonly paths: readonly NormPath[];
  readonly normalisations?: readonly Normalisation[];
  readonly shortcut: tf.Tensor4D | undefined;
}

/** What sub-blocks and shortcut give. */
function finishedPaths(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
  statistics: Statistics,
): Paths {
  const paths = block.subBlocks.map((units, n) => ({
    x: runInTurn(units, input.map, statistics),
    ...(gates && { gate: n }),
  }));
  return { paths, shortcut: block.shortcut?.run(input.shortcut, statistics) };
}

/**
 * What sub-blocks and a projecting shortcut give before their last batch norms, which the sum then does by itself.
 *
 * @returns undefined if a path does not end in a batch norm
 */
function unfinishedPaths(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
): Paths | undefined {
  const lasts = block.subBlocks.map((units) => units.at(-1));
  const projection = block.shortcut?.projection;
  const ends = projection ? [...lasts, projection] : lasts;
  if (!ends.every((layer) => layer?.norm && layer.unit.activation === 'none')) return undefined;

  const starts = block.mergeable
    ? runMerged(
        block.subBlocks.map(([first]) => first as ConvLayer),
        input.map,
      )
    : undefined;
  const paths: NormPath[] = [];
  const normalisations: Normalisation[] = [];
  const add = (layer: ConvLayer, x: tf.Tensor4D, gate?: number): void => {
    const y = convolution(x, layer.weight, layer.unit);
    paths.push({ x: y, ...(gate !== undefined && { gate }) });
    normalisations.push(layer.norm?.forBatch(y) as Normalisation);
  };
  block.subBlocks.forEach((units, n) => {
    const start = starts?.[n] ?? input.map;
    const before = runInTurn(units.slice(starts ? 1 : 0, -1), start, 'batch');
    add(units.at(-1) as ConvLayer, before, gates && n);
    if (before !== input.map) before.dispose();
    if (start !== input.map && start !== before) start.dispose();
  });
  if (projection) add(projection, input.shortcut);
  const shortcut = projection ? undefined : block.shortcut?.run(input.shortcut, 'batch');
  return { paths, normalisations, shortcut };
}

/** The same of operations that every backend has. */
function composed(
  block: BlockLayer,
  { map, shortcut }: BlockInput,
  gates: tf.Tensor2D | undefined,
  statistics: Statistics,
): tf.Tensor4D {
  const paths = block.subBlocks.map((units) => runInTurn(units, map, statistics));
  if (gates) {
    const sum = gatedSum(shortcutOf(block).run(shortcut, statistics), gates, paths);
    return activate(sum, block.activation);
  }
  const all = [...(block.shortcut ? [block.shortcut.run(shortcut, statistics)] : []), ...paths];
  return activate(
    all.reduce((total, each) => tf.add(total, each)),
    block.activation,
  );
}
