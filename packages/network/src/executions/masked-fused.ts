import { type Clip, isClip, paddingSides } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { type BlockInput, type Demand, inputOf, wanted } from './block-input.js';
import type { BlockLayer } from '../layers/block-layer.js';
import { type ConvLayer, runInTurn } from '../layers/conv-layer.js';
import { convolution } from '../layers/sliding-windows.js';
import { hasNormSum, hasPackedConvolution } from '../kernels/custom-operation.js';
import { type Normalisation, type NormPath, normSum } from '../kernels/norm-sum.js';
import { type PointwisePath, hasPointwiseSum, pointwiseSum } from '../kernels/pointwise-sum.js';
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
  const packed = gates || !hasPackedConvolution() ? undefined : packedPaths(block, input, pass, demand);
  if (packed) return packed;
  if (!hasNormSum()) return undefined;
  const ends = pass.statistics === 'batch' ? endsOf(block) : undefined;
  const narrow = ends && narrowEnds(block, ends);
  if (ends && narrow) return pointwise(block, input, gates, pass, demand, narrow);
  const {
    paths,
    normalisations,
    epsilon = 0,
    shortcut,
  } = ends ? unfinishedPaths(block, input, gates, pass, ends) : finishedPaths(block, input, gates, pass);
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

/** How the paths of a block end: all in batch norms of one ε, without activations of their own. */
interface Ends {
  /** `[n]`: the last unit of each sub-block. */
  readonly lasts: readonly ConvLayer[];
  readonly projection: ConvLayer | undefined;
  readonly epsilon: number;
}

/** @returns undefined if a path does not end in a batch norm, or if these do not all have one ε */
function endsOf(block: BlockLayer): Ends | undefined {
  const lasts = block.subBlocks.map((units) => units.at(-1));
  const projection = block.shortcut?.projection;
  const ends = projection ? [...lasts, projection] : lasts;
  const epsilon = ends[0]?.norm?.epsilon;
  const isOneSum = ends.every(
    (layer) => layer?.norm?.epsilon === epsilon && layer?.unit.activation === 'none',
  );
  return epsilon === undefined || !isOneSum
    ? undefined
    : { lasts: lasts as ConvLayer[], projection, epsilon };
}

/** The last maps of sub-blocks before their last units, one after the other; `use` must not dispose them. */
function withHidden(
  block: BlockLayer,
  { map }: BlockInput,
  pass: Pass,
  use: (x: tf.Tensor4D, n: number) => void,
): void {
  const starts = block.mergeable
    ? runMerged(
        block.subBlocks.map(([first]) => first as ConvLayer),
        map,
        pass,
      )
    : undefined;
  block.subBlocks.forEach((units, n) => {
    const start = starts?.[n] ?? map;
    const before = runInTurn(units.slice(starts ? 1 : 0, -1), start, pass);
    use(before, n);
    if (start !== map && start !== before) start.dispose();
  });
}

/** The results of sub-blocks and a projection before their last batch norms, which the sum then computes. */
function unfinishedPaths(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
  pass: Pass,
  { lasts, projection, epsilon }: Ends,
): Paths {
  const paths: NormPath[] = [];
  const normalisations: Normalisation[] = [];
  const add = (layer: ConvLayer, x: tf.Tensor4D, gate?: number): void => {
    const y = convolution(x, layer.weight, layer.unit);
    paths.push({ x: y, gate });
    normalisations.push(layer.norm?.forBatch(y, pass) as Normalisation);
  };
  withHidden(block, input, pass, (x, n) => {
    add(lasts[n] as ConvLayer, x, gates && n);
    if (x !== input.map) x.dispose();
  });
  if (projection) add(projection, input.shortcut);
  const shortcut = projection ? undefined : block.shortcut?.run(input.shortcut, pass);
  return { paths, normalisations, epsilon, shortcut };
}

/** {@link Ends} of a block whose last units {@link pointwiseSum} can compute. */
interface NarrowEnds extends Ends {
  readonly activation: Clip;
  readonly shortcut: NonNullable<BlockLayer['shortcut']>;
}

/**
 * Whether {@link pointwiseSum} computes the last units: several of 1 × 1, from few channels to many. With K channels to
 * C it spares maps of C channels, and takes K² multiplications a pixel for moments, forwards and backwards.
 */
function narrowEnds({ activation, shortcut }: BlockLayer, ends: Ends): NarrowEnds | undefined {
  const areNarrow = ends.lasts.every(({ unit, weight }) => {
    const [, , hidden, channels] = weight.shape;
    return (
      unit.kernelSize === 1 &&
      unit.stride === 1 &&
      unit.groups === 1 &&
      Object.values(paddingSides(unit, 1, 1)).every((pixels) => pixels === 0) &&
      2 * hidden <= channels
    );
  });
  if (!areNarrow || !shortcut || ends.lasts.length < 2) return undefined;
  return isClip(activation) && hasPointwiseSum() ? { ...ends, activation, shortcut } : undefined;
}

function pointwise(
  block: BlockLayer,
  input: BlockInput,
  gates: tf.Tensor2D | undefined,
  pass: Pass,
  demand: Demand,
  { lasts, projection, epsilon, activation, shortcut }: NarrowEnds,
): BlockInput {
  const paths: PointwisePath[] = [];
  withHidden(block, input, pass, (x, n) => {
    const { weight, norm } = lasts[n] as ConvLayer;
    paths.push({ x, weight, normalisation: norm?.forBatch(x, pass) as Normalisation, gate: gates && n });
  });
  const around = projection
    ? convolution(input.shortcut, projection.weight, projection.unit)
    : shortcut.run(input.shortcut, pass);
  const result = pointwiseSum({
    paths,
    epsilon,
    gates,
    shortcut: around,
    shortcutNormalisation: projection?.norm?.forBatch(around, pass),
    activation,
    ...wanted(demand),
  });
  tf.dispose(paths.flatMap(({ x }) => (x === input.map ? [] : [x])));
  return inputOf(result);
}
