import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SkippedImage } from '@dmnn/data';
import { countNetwork } from '@dmnn/flops';
import { type DmnnError, isDmnnError, closeAfter } from '@dmnn/foundation';
import { type Recipe, parseRecipe } from '@dmnn/runs';
import { badImagesError } from '@dmnn/runs/internal';
import { train } from '../../train.js';
import { architectureOf } from '../../train/architecture-of.js';
import type { TrainOptions } from '../../train/train-with.js';

/** What {@link measurePace} takes. */
export interface MeasurePaceOptions extends Pick<TrainOptions, 'data' | 'signal' | 'badImageLimit'> {
  readonly recipe: Recipe;
  /** Timed steps. @defaultValue 3 */
  readonly steps?: number;
  /** After which no further step is timed. @defaultValue 30 */
  readonly limitSeconds?: number;
  /** Called as each step begins to be timed, with the number of those before it. */
  readonly onProgress?: ((timed: number, steps: number) => void) | undefined;
}

/** How fast a recipe trains here. */
export interface MeasuredPace {
  readonly secondsPerImage: number;
  /** Steps that were timed, after one that was not. */
  readonly steps: number;
  /** Images of such a step; fewer than the recipe's batch where that costs too much to try. */
  readonly batchSize: number;
}

/** Multiply–accumulates, forwards and backwards, that a step may cost which is only to be timed. */
const PROBE_MACS = 100e9;

/**
 * Times some real training steps of a recipe: its own network, losses, batches and data, decoded and augmented, on the
 * backend that is set. What it writes is in a temporary folder that is removed.
 *
 * A teacher and the weights of another run are left out, and nothing is pruned: what is left will be faster.
 *
 * @returns null if the signal came before a step was timed
 * @throws all that {@link train} throws
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { builtInDataset } from '@dmnn/data';
 * import { measurePace } from '@dmnn/trainer/paper';
 * import { overrideRecipe, parseRecipe, recipeNamed } from '@dmnn/runs';
 *
 * await tf.setBackend('cpu');
 * const recipe = parseRecipe(overrideRecipe(recipeNamed('demo'), ['model.name=cifar-resnet8-0.25', 'batchSize=2']));
 * const data = { train: builtInDataset({ split: 'train', size: 8 }), test: builtInDataset({ split: 'test', size: 4 }) };
 * const pace = await measurePace({ recipe, data, steps: 1 });
 * console.log(pace?.steps, pace?.batchSize); // => 1 2
 * ```
 */
export async function measurePace(options: MeasurePaceOptions): Promise<MeasuredPace | null> {
  const { recipe, data, steps = 3, limitSeconds = 30, signal, badImageLimit, onProgress } = options;
  const batchSize = probeBatchSize(recipe, data);
  const enough = new AbortController();
  const seconds: number[] = [];
  let spent = 0;
  let last: number | undefined;
  const folder = await mkdtemp(join(tmpdir(), 'dmnn-pace-'));
  await closeAfter(
    async () => {
      try {
        await train({
          recipe: probeRecipe(recipe, batchSize),
          data,
          folder,
          ...(badImageLimit !== undefined && { badImageLimit }),
          signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
          onProgress: ({ kind }) => {
            if (kind !== 'step') return;
            const now = performance.now();
            // the first step waits for the first batch, and compiles and allocates what the others find
            if (last !== undefined) seconds.push((now - last) / 1000);
            spent += seconds.at(-1) ?? 0;
            last = now;
            onProgress?.(seconds.length, steps);
            if (seconds.length === steps || spent > limitSeconds) enough.abort();
          },
        });
      } catch (error) {
        throw isDmnnError(error, 'DMNN_BAD_IMAGES') ? nothingToResume(error, badImageLimit) : error;
      }
    },
    () => rm(folder, { recursive: true, force: true }).catch(() => undefined),
  );
  if (seconds.length === 0 || signal?.aborted) return null;
  return { secondsPerImage: spent / seconds.length / batchSize, steps: seconds.length, batchSize };
}

/** The error of a training whose checkpoints nobody will see. */
function nothingToResume({ details }: DmnnError, limit = 0): DmnnError {
  return badImagesError(details['images'] as readonly SkippedImage[], limit, { canResume: false });
}

/** As many images as the recipe's batch has, or as cost little enough; a multiple of the parts that it is computed in. */
function probeBatchSize(
  recipe: Recipe,
  { train: { size, classes, imageSizePx } }: TrainOptions['data'],
): number {
  const { macs } = countNetwork(architectureOf(recipe, { classes, imageSizePx }));
  const most = Math.min(recipe.batchSize, size, Math.max(1, Math.floor(PROBE_MACS / (3 * macs))));
  const { accumulation } = recipe;
  return Math.max(accumulation, Math.floor(most / accumulation) * accumulation);
}

/** The same steps at the start of a training that goes on for ever, at a rate at which nothing can happen. */
function probeRecipe(recipe: Recipe, batchSize: number): Recipe {
  const epochs = 1_000_000;
  return parseRecipe({
    ...recipe,
    ...{ batchSize, epochs, fineTuning: undefined, pruning: undefined },
    learningRate: { kind: 'constant', from: 1e-6 },
    evaluation: { ...recipe.evaluation, everyEpochs: epochs },
    checkpoints: { ...recipe.checkpoints, everySteps: 0 },
  });
}
