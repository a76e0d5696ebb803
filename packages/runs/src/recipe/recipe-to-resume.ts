import { overrideRecipe } from './override-recipe.js';
import { parseRecipe } from './parse-recipe.js';
import { type PlainDifference, recipeDifferences } from './recipe-differences.js';
import type { Recipe } from './recipe.js';

/** The settings to resume a run with. */
export interface RecipeToResume {
  readonly recipe: Recipe;
  /** Settings that stay as the run has them (`then`), though the recipe that was named has others (`now`). */
  readonly kept: readonly PlainDifference[];
}

/**
 * The settings to resume a run with: its own, with assignments on top. What only steers is changed by an assignment and
 * by nothing else, so that one that is left out, or a recipe that was edited since, changes no run unasked.
 *
 * @param current - the run's settings so far
 * @param given - the recipe that was named, with the assignments
 * @param assignments - `a.b=value`, as `overrideRecipe` takes them
 * @returns `given` as it is, if it is of another run
 * @throws RecipeError if the assignments do not go together with the run's settings
 */
export function recipeToResume(
  current: Recipe,
  given: Recipe,
  assignments: readonly string[],
): RecipeToResume {
  if (recipeDifferences(current, given).others.length > 0) return { recipe: given, kept: [] };
  const recipe = parseRecipe(overrideRecipe(current, assignments));
  return { recipe, kept: recipeDifferences(recipe, given).steering };
}
