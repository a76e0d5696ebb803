import { type Recipe, parseRecipe, recipeNamed } from '@dmnn/runs';
import { rowOf } from '../rows/row-of.js';
import { aimOf, rowRecipe } from '../rows/row-recipe.js';

/**
 * The method of a row of the paper's tables on a small network of CIFAR-100's images: 10 epochs of batches of 128.
 *
 * What the row is about stays: sub-blocks, target rate, controllers, category loss, widths, momentum and weight decay.
 * Network, data and schedule are others. DMNN's gates are held open for half of the epochs; then sub-blocks open in turn,
 * with the target in force. ConvNet-AIG's target falls from 1 over the first half. So an error says how the row stands to
 * other rows at this scale, and nothing of the paper's number.
 *
 * ResNet-50 becomes a ResNet-20 of basic blocks and ResNet-101 a ResNet-32, which costs 1.7 times as much; ResNet-101 costs
 * 1.9 times as much as ResNet-50, and a ResNet-56 would cost 3.1 times. The ResNeXts are of a quarter of the width of their
 * authors' for CIFAR, which costs about what the ResNets do. The pruned row begins with a trained network, such as this
 * recipe of `table1/03-resnet50` trains. MobileNetV2 has a stem of stride 1 and is as wide as the row's.
 *
 * @param rowId - `table1/10-dmnn50-n2-t0.5`
 * @returns the recipe, named `table1/10-dmnn50-n2-t0.5-laptop`
 * @throws DmnnError `DMNN_UNKNOWN_ROW` as {@link rowRecipe}
 * @example
 * ```ts
 * import { laptopRecipe } from '@dmnn/trainer/paper';
 *
 * const recipe = laptopRecipe('table1/20-dmnn101-n2-t0.3');
 * console.log(recipe.model.name, recipe.epochs); // => dmnn-cifar-resnet32-n2 10
 * ```
 */
export function laptopRecipe(rowId: string): Recipe {
  const large = rowRecipe(rowId);
  const { paper, laptop } = rowOf(rowId);
  const { table, row, model } = paper;
  const short = recipeNamed(laptop.recipe);
  return parseRecipe({
    ...short,
    name: `${rowId}-laptop`,
    description: `The method of the paper's table ${table}, row ${row} (${model}) on CIFAR-100, 10 epochs`,
    epochs: 10,
    optimiser: large.optimiser,
    model: { ...large.model, name: laptop.model },
    gating: short.gating && large.gating && { ...(laptop.gating ?? short.gating), ...aimOf(large.gating) },
    slimmable: large.slimmable,
    pruning: short.pruning && { ...short.pruning, macsRatio: large.pruning?.macsRatio },
  });
}
