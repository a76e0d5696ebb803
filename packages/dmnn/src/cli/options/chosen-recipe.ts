import { type Architecture, gatedBlocks, placedBlocks } from '@dmnn/architecture';
import type { Dataset } from '@dmnn/data';
import type { Recipe } from '@dmnn/runs';
import type { CommandIo } from '../terminal/command-io.js';
import { usageError } from '../terminal/usage-error.js';

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
  if (size < LEAST_IMAGES)
    throw usageError(
      `--data: expected at least ${LEAST_IMAGES} training images, the smallest batch of a recipe that is chosen, got ${size}. Add images, hold out fewer (--hold-out), or take a --recipe with a smaller batchSize.`,
    );
  const chosen = recipeForImages({
    imageSizePx,
    trainingImages: size,
    // a network with gates is trained on as it is, another one divided
    from: model && { name: model.name, ...divisionOf(model) },
  });
  const recipe = parseRecipe(overrideRecipe(chosen, set));
  if (model && placedBlocks(model).length === 0)
    io.err(
      `${model.name} has no blocks that could be divided or skipped: it is trained without gates, and costs the same for every image`,
    );
  const { subBlocks, name } = recipe.model;
  const network = `${name}${subBlocks === null ? '' : ` divided in ${subBlocks} sub-blocks a block`}`;
  io.err(
    `recipe ${recipe.name}, chosen for ${size} training images of ${imageSizePx} pixels: ${network}, ${recipe.epochs} epochs, ` +
      `batches of ${recipe.batchSize}, learning rate ${recipe.learningRate.from} (--recipe and --set change it)`,
  );
  return recipe;
}

/** As `recipeForImages` takes them. */
const LEAST_IMAGES = 4;

function divisionOf(model: Architecture): { subBlocks: number | null; blockBias?: true; gated?: false } {
  if (placedBlocks(model).length === 0) return { subBlocks: null, gated: false };
  const gated = gatedBlocks(model);
  if (gated.length === 0) return { subBlocks: 2 };
  return { subBlocks: null, ...(gated.some(({ block }) => block.bias === true) && { blockBias: true }) };
}
