import type { Evaluation } from '../evaluate/evaluate.js';
import { evaluate } from '../evaluate/evaluate.js';
import { evaluationPolicy } from '../evaluate/evaluation-policy.js';
import { overrideRecipe } from '../recipe/override-recipe.js';
import { parseRecipe } from '../recipe/parse-recipe.js';
import type { Recipe } from '../recipe/recipe.js';
import { loadRun } from '../run/load-run.js';
import { paperRow } from '../tables/paper-row.js';
import type { PaperRow } from '../tables/paper-rows.js';
import { type TrainOptions, train } from '../train/train.js';
import type { TrainResult } from '../train/training-run.js';
import { rowRecipe } from './row-recipe.js';
import { UnsupportedRowError } from './unsupported-row-error.js';

/** What {@link reproduce} takes beside the row: all of {@link train}'s but the recipe. */
export interface ReproduceOptions extends Omit<TrainOptions, 'recipe'> {
  /** Assignments to the row's recipe, such as `epochs=20` for a shorter run: no longer the paper's then. */
  readonly overrides?: readonly string[];
}

/** A row of the paper and what came out here. */
export interface Reproduction {
  readonly row: PaperRow;
  /** What was trained; differs from the paper's by the overrides. */
  readonly recipe: Recipe;
  /** Name of the data set. */
  readonly data: string;
  readonly training: TrainResult;
  /** Of the latest weights, with real skipping; absent if training was interrupted. */
  readonly evaluation?: Evaluation;
}

/**
 * Trains a row of the paper's tables and evaluates it.
 *
 * @param rowId - such as `table3/03-dmnn-cifar-resnet50-n2-t0.6`; `paperRows()` lists them
 * @throws UnknownRowError if there is no such row
 * @throws UnsupportedRowError if its system is not trained here, or the data are not of the row's kind: CIFAR-100's rows
 * want 100 classes at 32 pixels, ImageNet's 1,000 at 224
 * @throws all that {@link train} throws
 * @see DMNN §4, Tables 1 to 4
 * @example
 * ```ts
 * import { builtInDataset } from '@dmnn/data';
 * import { UnsupportedRowError, reproduce } from '@dmnn/trainer';
 *
 * const data = { train: builtInDataset({ split: 'train' }), test: builtInDataset({ split: 'test' }) };
 * try {
 *   await reproduce('table1/10-dmnn50-n2-t0.5', { data, folder: 'run' });
 * } catch (error) {
 *   console.log(error instanceof UnsupportedRowError && error.code); // => DMNN_UNSUPPORTED_ROW
 * }
 * ```
 */
export async function reproduce(rowId: string, options: ReproduceOptions): Promise<Reproduction> {
  const { overrides = [], ...rest } = options;
  const row = paperRow(rowId);
  const recipe = parseRecipe(overrideRecipe(rowRecipe(rowId), overrides));
  assertData(row, recipe, options.data);
  const training = await train({ ...rest, recipe });
  const reproduction = { row, recipe, data: options.data.train.name, training };
  if (training.status === 'interrupted') return reproduction;
  const onSkipped = (): void => undefined; // training has listed them
  const { network } = await loadRun(options.folder, { which: 'latest', width: widthOf(row) });
  try {
    return {
      ...reproduction,
      evaluation: await evaluate({
        network,
        dataset: options.data.test,
        policy: evaluationPolicy(recipe),
        onSkipped,
      }),
    };
  } finally {
    network.dispose();
  }
}

/** Which width of a slimmable network a row is about. */
function widthOf({ id, paper }: PaperRow): number {
  return paper.system === 'slimmable' ? Number(/-(0\.\d+)$/.exec(id)?.[1]) : 1;
}

function assertData({ id }: PaperRow, recipe: Recipe, { train: dataset }: TrainOptions['data']): void {
  const [name, classes, imageSizePx] =
    recipe.data === 'imagenet' ? (['ImageNet', 1000, 224] as const) : (['CIFAR-100', 100, 32] as const);
  if (dataset.classes === classes && dataset.imageSizePx === imageSizePx) return;
  const remedy =
    recipe.data === 'imagenet'
      ? "Rows of table 3 can be trained on CIFAR-100; for ImageNet's, open both splits with openImagenet and squarePhotographs."
      : "Open CIFAR-100 with openDataset('cifar100=PATH').";
  throw new UnsupportedRowError(
    id,
    `expected ${name}, ${classes} classes at ${imageSizePx} pixels, got ${dataset.name}, ${dataset.classes} classes at ${dataset.imageSizePx} pixels. ${remedy}`,
  );
}
