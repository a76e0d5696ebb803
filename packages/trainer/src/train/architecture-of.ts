import { type Architecture, placedBlocks, withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { isDmnnError } from '@dmnn/foundation';
import { type ModelRecipe, type Recipe, RecipeError } from '@dmnn/runs';
import { subdivide } from '@dmnn/subdivide';
import { canStartFrom } from '../begin/load-starting-point.js';
import { withClasses } from '../begin/with-new-head.js';

/**
 * The network that a recipe trains on a data set: one of the zoo, or the one that it begins with, if the recipe has its name and
 * the zoo has none like it, such as a model of Keras or a ResNet with a head of several layers. That one is divided as the recipe
 * says.
 *
 * @param from - what the run begins with; its head gets the classes of the data
 * @throws DmnnError `DMNN_UNKNOWN_MODEL`, RangeError or DmnnError `DMNN_SUBDIVIDE`, as `createArchitecture` of `@dmnn/backbones`
 * @throws RecipeError if exits cannot stand where the recipe has them
 */
export function architectureOf(
  recipe: Pick<Recipe, 'model' | 'exits'>,
  data: { readonly classes: number; readonly imageSizePx: number },
  from?: Architecture,
): Architecture {
  const plain = plainArchitecture(recipe.model, data, from);
  if (!recipe.exits) return plain;
  const { after, convolutions } = recipe.exits;
  const problem = placesProblem(after, placedBlocks(plain).length);
  if (problem !== undefined) throw new RecipeError('recipe', [`exits.after: ${problem}`]);
  return withExits(plain, { exits: after, convolutions });
}

/** Why exits cannot stand there, if they cannot. */
function placesProblem(after: number | readonly number[], blocks: number): string | undefined {
  if (blocks < 2) return `expected none in a network of ${blocks} block, since none stands after the last`;
  if (typeof after === 'number') {
    if (after >= 1 && after < blocks) return undefined;
    return `expected 1 to ${blocks - 1} exits, at most one after each block but the last, got ${after}`;
  }
  if (after.every((block, at) => block < blocks - 1 && block > (after[at - 1] ?? -1))) return undefined;
  return `expected blocks from 0 to ${blocks - 2} in rising order, each but the last of the network at most once, got ${after.join(',')}`;
}

function plainArchitecture(
  model: ModelRecipe,
  { classes, imageSizePx }: { readonly classes: number; readonly imageSizePx: number },
  from: Architecture | undefined,
): Architecture {
  const { name, subBlocks, widths, controller, blockBias } = model;
  const division = {
    ...(widths !== null && { widths }),
    ...(controller !== null && { controller }),
    ...(blockBias === true && { blockBias }),
  };
  const ofZoo = (): Architecture =>
    createArchitecture(name, {
      ...{ classes, imageSizePx },
      ...(subBlocks !== null && { subBlocks }),
      ...division,
    });
  // exits are the recipe's
  if (from?.name !== name || from.exits) return ofZoo();
  const own = { ...withClasses(from, classes), imageSizePx };
  try {
    const found = ofZoo();
    if (canStartFrom(own, found)) return found;
  } catch (error) {
    if (!isDmnnError(error, 'DMNN_UNKNOWN_MODEL')) throw error;
  }
  if (subBlocks === null) return own;
  return subdivide(own, { subBlocks, name: `dmnn-${name}-n${subBlocks}`, ...division });
}
