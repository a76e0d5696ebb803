import { augmentationsOf } from '@dmnn/data/internal';
import { type Recipe, overrideRecipe, parseRecipe, readMetrics } from '@dmnn/runs';
import { paperRow } from '../rows/paper-row.js';
import type { PaperRow } from '../rows/paper-rows.js';
import { train } from '../../train.js';
import type { TrainOptions } from '../../train/train-with.js';
import type { TrainResult } from '../../train/training-run.js';
import { type MeasuredRow, assertRowWidth, measuredRow } from './measured-row.js';
import { type ReproductionScale, recipeAtScale } from './reproduction-scale.js';
import { unsupportedRowError } from './unsupported-row-error.js';

/** Options of {@link reproduce}: those of {@link train} except the recipe. */
export interface ReproduceOptions extends Omit<TrainOptions, 'recipe'> {
  /** @defaultValue 'paper' */
  readonly scale?: ReproductionScale;
  /** Assignments to the row's recipe, such as `epochs=20` for a shorter run: no longer the paper's then. */
  readonly overrides?: readonly string[];
}

/** A row of the paper and what came out here. */
export interface Reproduction {
  readonly row: PaperRow;
  readonly scale: ReproductionScale;
  /** What was trained; differs from {@link rowRecipe} or {@link laptopRecipe} by the overrides. */
  readonly recipe: Recipe;
  /** Name of the data set. */
  readonly data: string;
  readonly training: TrainResult;
  /** After the last epoch; absent if training was interrupted. */
  readonly measured?: MeasuredRow;
}

/**
 * Trains a row of the paper's tables, as the paper did or the same method in small, and reads what it measured.
 *
 * A finished run that is resumed is not trained again. The row of Taylor pruning needs a trained network to begin with
 * (`from`): a run of ResNet-50's row.
 *
 * @param rowId - such as `table3/03-dmnn-cifar-resnet50-n2-t0.6`; `paperRows()` lists them
 * @throws DmnnError `DMNN_UNKNOWN_ROW` if there is no such row
 * @throws DmnnError `DMNN_UNSUPPORTED_ROW` if the data are not of the row's kind: CIFAR-100's rows
 * want 100 classes at 32 pixels, ImageNet's 1,000 at 224; the small networks want images of 32 pixels
 * @throws all that {@link train} throws
 * @see DMNN §4, Tables 1 to 4
 * @example
 * ```ts
 * import { builtInDataset } from '@dmnn/data';
 * import { DmnnError } from '@dmnn/foundation';
 * import { reproduce } from '@dmnn/trainer/paper';
 *
 * const data = { train: builtInDataset({ split: 'train' }), test: builtInDataset({ split: 'test' }) };
 * try {
 *   await reproduce('table1/10-dmnn50-n2-t0.5', { data, folder: 'run' });
 * } catch (error) {
 *   console.log(error instanceof DmnnError && error.code); // => DMNN_UNSUPPORTED_ROW
 * }
 * ```
 */
export async function reproduce(rowId: string, options: ReproduceOptions): Promise<Reproduction> {
  const { scale = 'paper', overrides = [], ...rest } = options;
  const recipe = reproductionRecipe(rowId, { scale, overrides });
  assertRowData(rowId, scale, recipe, options.data);
  // a row's run is compared with the paper's, so nothing changes on the way
  const training = await train({ ...rest, recipe, sameSettings: true });
  const measured =
    training.status === 'finished'
      ? measuredRow(rowId, recipe, await readMetrics(options.folder))
      : undefined;
  return {
    row: paperRow(rowId),
    scale,
    recipe,
    data: options.data.train.name,
    training,
    ...(measured && { measured }),
  };
}

/**
 * The recipe that {@link reproduce} trains.
 *
 * @throws DmnnError `DMNN_UNKNOWN_ROW` as {@link rowRecipe}; RecipeError if an override is wrong; RangeError if
 * it takes the row's width off a slimmable network
 * @example
 * ```ts
 * import { reproductionRecipe } from '@dmnn/trainer/paper';
 *
 * const recipe = reproductionRecipe('table1/03-resnet50', { scale: 'laptop', overrides: ['epochs=2'] });
 * console.log(recipe.model.name, recipe.epochs); // => cifar-resnet20 2
 * ```
 */
export function reproductionRecipe(
  rowId: string,
  { scale = 'paper', overrides = [] }: Pick<ReproduceOptions, 'scale' | 'overrides'> = {},
): Recipe {
  const recipe = parseRecipe(overrideRecipe(recipeAtScale(rowId, scale), overrides));
  assertRowWidth(rowId, recipe);
  return recipe;
}

/**
 * Makes sure that a row can be trained on these data.
 *
 * @throws DmnnError `DMNN_UNSUPPORTED_ROW` saying which data it wants
 * @example
 * ```ts
 * import { builtInDataset } from '@dmnn/data';
 * import { assertRowData, laptopRecipe } from '@dmnn/trainer/paper';
 *
 * const rowId = 'table1/03-resnet50';
 * const data = { train: builtInDataset({ split: 'train' }), test: builtInDataset({ split: 'test' }) };
 * assertRowData(rowId, 'laptop', laptopRecipe(rowId), data); // images of 32 pixels: to try it
 * ```
 */
export function assertRowData(
  rowId: string,
  scale: ReproductionScale,
  recipe: Pick<Recipe, 'data'>,
  { train }: TrainOptions['data'],
): void {
  const { name, classes, imageSizePx } = train;
  const refuse = (wanted: string, remedy: string): never => {
    throw unsupportedRowError(
      rowId,
      `expected ${wanted}, got ${name}, ${classes} classes at ${imageSizePx} pixels. ${remedy}`,
    );
  };
  const cifar = "CIFAR-100 (cifar100=PATH, openDataset('cifar100=PATH') in code)";
  if (scale === 'laptop') {
    // the built-in data too, to try it
    const small = imageSizePx === 32 && augmentationsOf(train).includes('pad-crop-flip');
    if (!small) refuse('small images of 32 pixels', `Give it ${cifar}.`);
  } else if (recipe.data === 'imagenet') {
    if (classes === 1000 && imageSizePx === 224) return;
    refuse(
      'ImageNet, 1000 classes at 224 pixels',
      `Rows of table 3 can be trained on ${cifar}, and the method of every row at the scale 'laptop'; for ImageNet's ` +
        'own, give imagenet=PATH, or open both splits with openImagenet and imageFileDataset.',
    );
  } else if (classes !== 100 || imageSizePx !== 32) {
    refuse('CIFAR-100, 100 classes at 32 pixels', `Give it ${cifar}.`);
  }
}
