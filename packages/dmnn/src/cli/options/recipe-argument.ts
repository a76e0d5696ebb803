import { inFile } from '@dmnn/foundation';
import type { Recipe } from '@dmnn/runs';
import { fileJson } from './file-contents.js';

/**
 * The recipe that a command line names, with its `--set` assignments.
 *
 * @param recipe - the name of one that comes with the package, or a path that ends in `.json`
 * @param assignments - `a.b=value`, in order
 * @throws RecipeError with near names or keys; DmnnError `DMNN_USAGE` if there is no such file or it is not JSON
 */
export async function readRecipe(recipe: string, assignments: readonly string[]): Promise<Recipe> {
  const { overrideRecipe, parseRecipe, recipeNamed } = await import('@dmnn/runs');
  if (!recipe.endsWith('.json')) return parseRecipe(overrideRecipe(recipeNamed(recipe), assignments));
  const source = overrideRecipe(fileJson(recipe, '--recipe'), assignments);
  return inFile(`--recipe ${recipe}`, () => parseRecipe(source));
}
