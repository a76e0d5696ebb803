import { gatedBlocks } from '@dmnn/architecture';
import { type GatingRecipe, type Recipe, parseRecipe, recipeNamed } from '@dmnn/runs';
import { type OurModel, ourModel } from './our-model.js';
import { rowOf } from './row-of.js';

/**
 * How the paper trained a row of its tables, as far as it says.
 *
 * @param rowId - `table3/03-dmnn-cifar-resnet50-n2-t0.6`
 * @throws DmnnError `DMNN_UNKNOWN_ROW` if there is no such row, with near ids
 * @see DMNN §4.1
 * @example
 * ```ts
 * import { rowRecipe } from '@dmnn/trainer/paper';
 *
 * const recipe = rowRecipe('table3/03-dmnn-cifar-resnet50-n2-t0.6');
 * console.log(recipe.model.name, recipe.epochs, recipe.gating?.targetRate); // => dmnn-cifar-resnet50-n2 200 0.6
 * ```
 */
export function rowRecipe(rowId: string): Recipe {
  const { paper, recipe } = rowOf(rowId);
  const { targetRate, categoryLoss = true } = paper;
  const described = {
    name: rowId,
    description: `The paper's table ${paper.table}, row ${paper.row}: ${paper.model}`,
  };
  if ('whole' in recipe) return { ...recipeNamed(recipe.whole), ...described };
  const { architecture } = ourModel(rowId) as OurModel;
  const controller = gatedBlocks(architecture)[0]?.controller ?? null;
  return parseRecipe({
    ...recipeNamed(recipe.schedule),
    ...described,
    model: { name: architecture.name, controller },
    gating: controller && { targetRate, category: categoryLoss ? {} : null },
  });
}

/** What the gates of a row are trained towards, whatever the network and the schedule: its target rate and its category loss. */
export function aimOf({ targetRate, category }: GatingRecipe): Pick<GatingRecipe, 'targetRate' | 'category'> {
  return { targetRate, category };
}
