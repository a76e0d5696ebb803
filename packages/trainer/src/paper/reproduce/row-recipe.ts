import { gatedBlocks } from '@dmnn/architecture';
import { type Recipe, parseRecipe, recipeNamed } from '@dmnn/runs';
import { ourModel } from '../tables/our-model.js';
import { paperRow } from '../tables/paper-row.js';
import type { PaperRow } from '../tables/paper-rows.js';

/**
 * How the paper trained a row of its tables, as far as it says.
 *
 * @param rowId - `table3/03-dmnn-cifar-resnet50-n2-t0.6`
 * @throws UnknownRowError if there is no such row, with near ids
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
  const row = paperRow(rowId);
  const { system, targetRate, categoryLoss = true } = row.paper;
  const described = {
    name: rowId,
    description: `The paper's table ${row.paper.table}, row ${row.paper.row}: ${row.paper.model}`,
  };
  const model = ourModel(rowId);
  if (!model || system === 'taylor-pruning')
    return { ...recipeNamed('imagenet-pruned-resnet50'), ...described };
  // its own authors' training: the paper took the row from theirs
  if (system === 'convnet-aig')
    return { ...recipeNamed(`imagenet-${model.architecture.name}`), ...described };
  if (system === 'slimmable')
    return { ...recipeNamed(`imagenet-slimmable-${model.backbone.name}`), ...described };
  const controller = gatedBlocks(model.architecture)[0]?.controller ?? null;
  return parseRecipe({
    ...recipeNamed(baseRecipe(row, model.architecture.undivided?.name ?? model.architecture.name)),
    ...described,
    model: { name: model.architecture.name, controller },
    gating: controller && { targetRate, category: categoryLoss ? {} : null },
  });
}

function baseRecipe(row: PaperRow, backbone: string): string {
  if (row.paper.table === 3) return 'cifar100-resnet50';
  return backbone.startsWith('mobilenetv2') ? 'imagenet-mobilenetv2' : 'imagenet-resnet50';
}
