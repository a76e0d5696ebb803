import { baselines } from './baselines/baselines.js';
import { type TrainOptions, trainWith } from './train/train-with.js';
import type { TrainResult } from './train/training-run.js';

/**
 * Trains a network by a recipe, into a run folder.
 *
 * Everything is decided by recipe, data and backend: the same run gives the same bits, also if it is killed at any
 * moment and resumed, on the same backend and number of threads. Uses the backend that is set; chooses none.
 *
 * A run that begins with another's weights (`from`) copies what it needs of them, pruned if the recipe says so, the teacher
 * too, into its own folder.
 *
 * The folder then holds `config.json`, `metrics.jsonl`, the same for TensorBoard in `events.out.tfevents.dmnn`, the
 * latest of `checkpoints/step-00000123` and the `best` one.
 *
 * @returns whether it finished or was interrupted, and the last evaluation
 * @throws RecipeError if recipe, model and data do not go together, or the run to start from has another network
 * @throws RunFolderError if the folder cannot be used; it is tried before the first step
 * @throws CheckpointError if no checkpoint of a run that is to be resumed is intact
 * @throws DmnnError `DMNN_OUT_OF_MEMORY` if this process has no memory for a batch: before anything is written where the estimate
 *   of `trainingMemory` says so, or at a step, whose changes are undone
 * @throws DmnnError `DMNN_NAN` if a loss or a gradient is not finite
 * @throws DmnnError `DMNN_BAD_IMAGES` if too many images are damaged; DataError if one cannot be read
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { builtInDataset } from '@dmnn/data';
 * import { overrideRecipe, parseRecipe, recipeNamed } from '@dmnn/runs';
 * import { train } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const folder = await mkdtemp(join(tmpdir(), 'dmnn-'));
 * const result = await train({
 *   recipe: parseRecipe(
 *     overrideRecipe(recipeNamed('demo'), ['model.name=cifar-resnet8-0.25', 'epochs=1', 'batchSize=4']),
 *   ),
 *   data: { train: builtInDataset({ split: 'train', size: 8 }), test: builtInDataset({ split: 'test', size: 4 }) },
 *   folder,
 * });
 * console.log(result.status, result.step, result.evaluation?.images); // => finished 2 4
 * await rm(folder, { recursive: true });
 * ```
 */
export function train(options: TrainOptions): Promise<TrainResult> {
  return trainWith(baselines, options);
}
