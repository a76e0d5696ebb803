import { readFileSync } from 'node:fs';
import { parseJson } from '@dmnn/foundation';
import type { Recipe } from '@dmnn/runs';
import { usageError } from '../terminal/usage-error.js';

/**
 * The recipe that a command line names, with its `--set` assignments.
 *
 * @param recipe - the name of one that comes with the package, or a path that ends in `.json`
 * @param assignments - `a.b=value`, in order
 * @throws RecipeError with near names or keys; DmnnError `DMNN_USAGE` if the file is not JSON
 */
export async function readRecipe(recipe: string, assignments: readonly string[]): Promise<Recipe> {
  const { overrideRecipe, parseRecipe, recipeNamed } = await import('@dmnn/runs');
  const source = recipe.endsWith('.json') ? readJson(recipe) : recipeNamed(recipe);
  return parseRecipe(overrideRecipe(source, assignments));
}

function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return parseJson(text);
  } catch (error) {
    throw usageError(`--recipe ${file}: expected JSON, got ${error instanceof Error ? error.message : ''}.`);
  }
}
