import { join } from 'node:path';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { deviation, mean } from 'd3-array';
import type { Recipe } from '@dmnn/runs';
import { readRunConfig, runExistsError } from '@dmnn/runs/internal';
import { paperRow } from '../rows/paper-row.js';
import type { PaperRow } from '../rows/paper-rows.js';
import type { TrainEvent } from '../../train/train-events.js';
import type { TrainResult } from '../../train/training-run.js';
import type { MeasuredRow } from './measured-row.js';
import { type ReproduceOptions, assertRowData, reproduce, reproductionRecipe } from './reproduce.js';
import type { ReproductionScale } from './reproduction-scale.js';

/** Options of {@link reproduceSeeds}. */
export interface ReproduceSeedsOptions extends Omit<ReproduceOptions, 'onProgress'> {
  /** One run each, in its own folder `seed-1`, … of `folder`; whole numbers, none twice. */
  readonly seeds: readonly number[];
  /** Called with each event. */
  readonly onProgress?: (seed: number, event: TrainEvent) => void;
}

/** The run of one seed. */
export interface SeedRun {
  readonly seed: number;
  readonly folder: string;
  readonly training: TrainResult;
  /** Absent if it was interrupted. */
  readonly measured?: MeasuredRow;
}

/** A number measured by several runs. */
export interface Spread {
  readonly mean: number;
  /** The sample's standard deviation; null of one run. */
  readonly deviation: number | null;
}

/** What runs of several seeds measured. */
export interface MeasuredSpread {
  readonly top1ErrorPercent: Spread;
  /** Multiply–accumulates of an image. */
  readonly meanMacs: Spread;
  /** Over those of the undivided backbone. */
  readonly macsRatio: Spread;
  /** Null without gates. */
  readonly executionRate: Spread | null;
}

/** A row of the paper and what came out here over several seeds. */
export interface SeedsReproduction {
  readonly row: PaperRow;
  readonly scale: ReproductionScale;
  /** What was trained, but for the seed. */
  readonly recipe: Recipe;
  /** Name of the data set. */
  readonly data: string;
  readonly status: TrainResult['status'];
  /** In the order of the seeds; the last one may be interrupted, and those after it are absent. */
  readonly runs: readonly SeedRun[];
  /** Of the finished runs; null if there is none. */
  readonly ours: MeasuredSpread | null;
}

/**
 * Trains a row of the paper's tables once for each seed.
 *
 * Resumed, it trains what is left: finished seeds are read from their logs.
 *
 * @param rowId - such as `table1/10-dmnn50-n2-t0.5`
 * @throws RangeError if there is no seed, or one is given twice or is none
 * @throws RunFolderError before anything is trained, if one of the folders holds a run and `resume` is false
 * @throws all that {@link reproduce} throws
 * @example
 * ```ts
 * import { builtInDataset } from '@dmnn/data';
 * import { reproduceSeeds } from '@dmnn/trainer/paper';
 *
 * const data = { train: builtInDataset({ split: 'train' }), test: builtInDataset({ split: 'test' }) };
 * try {
 *   await reproduceSeeds('table1/03-resnet50', { scale: 'laptop', seeds: [1, 1], data, folder: 'runs' });
 * } catch (error) {
 *   console.log((error as RangeError).message); // => seeds: expected each once, got 1, 1.
 * }
 * ```
 */
export async function reproduceSeeds(
  rowId: string,
  options: ReproduceSeedsOptions,
): Promise<SeedsReproduction> {
  const { seeds, onProgress, overrides = [], resume = false, scale = 'paper', ...rest } = options;
  assertSeeds(seeds);
  const recipe = reproductionRecipe(rowId, { scale, overrides });
  assertRowData(rowId, scale, recipe, options.data);
  const folders = seeds.map((seed) => join(options.folder, `seed-${seed}`));
  const begun = await begunRuns(folders, resume, options);
  const runs: SeedRun[] = [];
  for (const [i, seed] of seeds.entries()) {
    const folder = folders[i] as string;
    const { training, measured } = await reproduce(rowId, {
      ...rest,
      ...{ scale, folder, overrides: [...overrides, `seed=${seed}`] },
      resume: begun[i],
      onProgress: (event) => onProgress?.(seed, event),
    });
    runs.push({ seed, folder, training, ...(measured && { measured }) });
    if (training.status === 'interrupted') break;
  }
  return {
    row: paperRow(rowId),
    scale,
    recipe,
    data: options.data.train.name,
    status: runs.some(({ training }) => training.status === 'interrupted') ? 'interrupted' : 'finished',
    runs,
    ours: measuredSpread(runs.flatMap(({ measured }) => measured ?? [])),
  };
}

function assertSeeds(seeds: readonly number[]): void {
  const got = seeds.join(', ');
  if (seeds.length === 0) throw new RangeError('seeds: expected at least one, got none.');
  if (new Set(seeds).size < seeds.length) throw new RangeError(`seeds: expected each once, got ${got}.`);
  if (!seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff))
    throw new RangeError(`seeds: expected whole numbers from 0 to 4294967295, got ${got}.`);
}

/** Which folders hold a run already. */
async function begunRuns(
  folders: readonly string[],
  resume: boolean,
  { fileSystem = nodeFileSystem }: ReproduceSeedsOptions,
): Promise<boolean[]> {
  const configs = await Promise.all(folders.map((folder) => readRunConfig(folder, fileSystem)));
  const at = configs.findIndex((config) => config !== undefined);
  if (at < 0 || resume) return configs.map((config) => config !== undefined);
  throw runExistsError(folders[at] as string, String(configs[at]?.recipe.name));
}

function measuredSpread(measured: readonly MeasuredRow[]): MeasuredSpread | null {
  if (measured.length === 0) return null;
  const rates = measured.flatMap(({ executionRate }) => executionRate ?? []);
  return {
    top1ErrorPercent: spread(measured.map(({ top1ErrorPercent }) => top1ErrorPercent)),
    meanMacs: spread(measured.map(({ meanMacs }) => meanMacs)),
    macsRatio: spread(measured.map(({ macsRatio }) => macsRatio)),
    executionRate: rates.length > 0 ? spread(rates) : null,
  };
}

function spread(values: readonly number[]): Spread {
  return { mean: mean(values) as number, deviation: deviation(values) ?? null };
}
