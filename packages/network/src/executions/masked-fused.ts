import type * as tf from '@tensorflow/tfjs-core';
import { type BlockInput, type Demand, inputOf, wanted } from './block-input.js';
import type { BlockLayer } from '../layers/block-layer.js';
import { type ConvLayer, runInTurn } from '../layers/conv-layer.js';
import { convolution } from '../layers/sliding-windows.js';
import { hasNormSum } from '../kernels/custom-operation.js';
import { type Normalisation, type NormPath, normSum } from '../kernels/norm-sum.js';
import { runMerged } from './merged-units.js';
import { lastsInOneSum, runPackedPaths } from './packed-paths.js';
import type { Pass } from '../layers/pass.js';

/**
 * Computes `runMasked` in fewer operations: the last batch norms, the gates, the sum and the activation are one
 * operation, and the first convolutions of all sub-blocks are another. Call it inside `tf.tidy`.
 *
 * @returns undefined where the backend lacks the kernels
 * @see DMNN §3.2 Eq. 4
 */
export function fusedMasked(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
  pass: Pass,
  demand: Demand,
): BlockInput | undefined {
  const packed = gates ? undefined : packedPaths(block, input, pass, demand);
  if (packed) return packed;
  if (!hasNormSum()) return undefined;
  const {
    paths,
    normalisations,
    epsilon = 0,
    shortcut,
  } = (pass.statistics === 'batch' ? unfinishedPaths(block, input, gates, pass) : undefined) ??
  finishedPaths(block, input, gates, pass);
  return inputOf(
    normSum({
      paths,
      normalisations,
      epsilon,
      gates,
      shortcut,
      activation: block.activation,
      ...wanted(demand),
    }),
  );
}

/**
 * Runs an ungated block; the last convolutions of its paths and their sum are one operation.
 *
 * @returns undefined where that is not possible: see {@link lastsInOneSum}
 */
function packedPaths(
  block: BlockLayer,
  { map, shortcut }: BlockInput,
  pass: Pass,
  demand: Demand,
): BlockInput | undefined {
  const lasts = lastsInOneSum(block.subBlocks, pass);
  if (!lasts) return undefined;
  const sum = block.shortcut?.run(shortcut, pass);
  const paths = block.subBlocks.map((units) => ({ units, rows: undefined, alone: false }));
  const y = runPackedPaths(paths, lasts, map, pass, { activation: block.activation, shortcut: sum }, demand);
  if (sum && sum !== shortcut) sum.dispose();
  return y;
}

interface Paths {
  readonly paths: readonly NormPath[];
  readonly normalisations: readonly Normalisation[] | undefined;
  /** Of all normalisations; absent if there are none. */
  readonly epsilon?: number | undefined;
  readonly shortcut: tf.Tensor4D | undefined;
}

/** The results of sub-blocks and shortcut. */
function finishedPaths(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
  pass: Pass,
): Paths {
  const paths = block.subBlocks.map((units, n) => ({
    x: runInTurn(units, input.map, pass),
    gate: gates && n,
  }));
  return { paths, normalisations: undefined, shortcut: block.shortcut?.run(input.shortcut, pass) };
}

/**
 * The results of sub-blocks and a projection before their last batch norms, which the sum then computes.
 *
 * @returns undefined if a path does not end in a batch norm, or if these do not all have one ε
 */
function unfinishedPaths(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
  pass: Pass,
): Paths | undefined {
  const lasts = block.subBlocks.map((units) => units.at(-1));
  const projection = block.shortcut?.projection;
  const ends = projection ? [...lasts, projection] : lasts;
  const epsilon = ends[0]?.norm?.epsilon;
  const isOneSum = ends.every(
    (layer) => layer?.norm?.epsilon === epsilon && layer?.unit.activation === 'none',
  );
  if (epsilon === undefined || !isOneSum) return undefined;

  const starts = block.mergeable
    ? runMerged(
        block.subBlocks.map(([first]) => first as ConvLayer),
        input.map,
        pass,
      )
    : undefined;
  const paths: NormPath[] = [];
  const normalisations: Normalisation[] = [];
  const add = (layer: ConvLayer, x: tf.Tensor4D, gate?: number): void => {
    const y = convolution(x, layer.weight, layer.unit);
    paths.push({ x: y, gate });
    normalisations.push(layer.norm?.forBatch(y, pass) as Normalisation);
  };
  block.subBlocks.forEach((units, n) => {
    const start = starts?.[n] ?? input.map;
    const before = runInTurn(units.slice(starts ? 1 : 0, -1), start, pass);
    add(units.at(-1) as ConvLayer, before, gates && n);
    if (before !== input.map) before.dispose();
    if (start !== input.map && start !== before) start.dispose();
  });
  if (projection) add(projection, input.shortcut);
  const shortcut = projection ? undefined : block.shortcut?.run(input.shortcut, pass);
  return { paths, normalisations, epsilon, shortcut };
}
