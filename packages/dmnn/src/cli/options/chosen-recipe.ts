import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import type { Dataset } from '@dmnn/data';
import type { Recipe } from '@dmnn/runs';
import type { CommandIo } from '../terminal/command-io.js';

/**
 * The recipe for images of one's own when none is given, by their size and number and the network that the run begins with;
 * which one it is and why is printed on stderr.
 *
 * @param set - `--set` assignments
 */
export async function chosenRecipe(
  { imageSizePx, size }: Pick<Dataset, 'imageSizePx' | 'size'>,
  { from, set }: { readonly from: string | undefined; readonly set: readonly string[] },
  io: Pick<CommandIo, 'err'>,
): Promise<Recipe> {
  const { openNetworkData, overrideRecipe, parseRecipe, recipeForImages } = await import('@dmnn/runs');
  const model = from === undefined ? undefined : (await openNetworkData(from)).architecture;
  const chosen = recipeForImages({
    imageSizePx,
    trainingImages: size,
    // a network with gates is trained on as it is, another one divided
    from: model && { name: model.name, ...divisionOf(model) },
  });
  const recipe = parseRecipe(overrideRecipe(chosen, set));
  const { subBlocks, name } = recipe.model;
  const network = `${name}${subBlocks === null ? '' : ` divided in ${subBlocks} sub-blocks a block`}`;
  io.err(
    `recipe ${recipe.name}, chosen for ${size} training images of ${imageSizePx} pixels: ${network}, ${recipe.epochs} epochs, ` +
      `batches of ${recipe.batchSize}, learning rate ${recipe.learningRate.from} (--recipe and --set change it)`,
  );
  return recipe;
}

function divisionOf(model: Architecture): { subBlocks: number | null; blockBias?: true } {
  const gated = gatedBlocks(model);
  if (gated.length === 0) return { subBlocks: 2 };
  return { subBlocks: null, ...(gated.some(({ block }) => block.bias === true) && { blockBias: true }) };
}
