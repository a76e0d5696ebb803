import { isSamePadding } from '@dmnn/architecture/internal';
import * as tf from '@tensorflow/tfjs-core';
import { type BlockInput, type Demand, plainInput } from './block-input.js';
import { type ConvLayer, runInTurn } from '../layers/conv-layer.js';
import { type PackedFilter, type PackedSum, packedSum } from '../kernels/packed-convolution.js';
import { runOnRows } from './rows.js';
import type { Pass } from '../layers/pass.js';

/** A sub-block that runs, and the rows of the batch that it runs for: ascending, at least one; undefined for all. */
export interface RunningPath {
  readonly units: readonly ConvLayer[];
  readonly rows: readonly number[] | undefined;
  /** Whether its units but the last run for these rows only, and not for the whole batch. */
  readonly alone: boolean;
}

/** The last unit of a path, with its filter. */
interface Last {
  readonly unit: ConvLayer['unit'];
  readonly filter: PackedFilter;
}

/**
 * Whether the last convolutions of paths, and the sum of their results, can be one operation: each adds to the rows of its
 * images while these are in registers, see {@link packedSum}.
 *
 * @returns the last units, or undefined
 */
export function lastsInOneSum(
  paths: readonly (readonly ConvLayer[])[],
  pass: Pass,
): readonly Last[] | undefined {
  const lasts = paths.flatMap((units): Last[] => {
    const last = units.at(-1);
    const filter = last?.unit.activation === 'none' ? last.packed(pass) : undefined;
    return last && filter ? [{ unit: last.unit, filter }] : [];
  });
  const first = lasts[0]?.unit;
  if (!first || lasts.length < paths.length) return undefined;
  const fit = ({ unit }: Last) =>
    unit.kernelSize === first.kernelSize && unit.stride === first.stride && isSamePadding(unit, first);
  return lasts.every(fit) ? lasts : undefined;
}

/**
 * activation(shortcut + Σ_p path_p(x)), each path for its rows of the batch. Call it inside `tf.tidy`.
 *
 * @param lasts - of these paths, see {@link lastsInOneSum}
 * @param sum - what else belongs to the sum
 */
export function runPackedPaths(
  paths: readonly RunningPath[],
  lasts: readonly Last[],
  x: tf.Tensor4D,
  pass: Pass,
  sum: Pick<PackedSum, 'activation' | 'shortcut'>,
  demand: Demand,
): BlockInput {
  const images = x.shape[0];
  // one list of rows needs all of them
  const all = paths.every(({ rows }) => rows === undefined);
  const befores = paths.map(({ units, rows, alone }) => {
    const start = units.slice(0, -1);
    return rows && alone && start.length > 0 ? runOnRows(start, x, rows, pass) : runInTurn(start, x, pass);
  });
  const { map, mean } = packedSum({
    paths: befores.map((before, p) => ({
      x: before,
      filter: (lasts[p] as Last).filter,
      placed: all ? undefined : tf.tensor1d(placesOf(paths[p] as RunningPath, images), 'int32'),
    })),
    window: (lasts[0] as Last).unit,
    ...sum,
    pooled: demand.mean,
    // the block is the last to use its input, and what its shortcut made of that
    overwrites: pass.mayOverwrite(x) && !befores.includes(x),
  });
  tf.dispose(befores.filter((before) => before !== x));
  return { ...plainInput(map), mean };
}

/** `[b]`: the row of what the path's last unit reads that holds image b, or −1. */
function placesOf({ units, rows, alone }: RunningPath, images: number): Int32Array {
  if (!rows) return Int32Array.from({ length: images }, (_, b) => b);
  const places = new Int32Array(images).fill(-1);
  rows.forEach((row, i) => {
    places[row] = alone && units.length > 1 ? i : row;
  });
  return places;
}
