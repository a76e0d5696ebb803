import { describeIssue } from './describe-issue.js';
import type { Recipe } from './recipe.js';
import { RecipeError } from './recipe-error.js';
import { recipeSchema } from './recipe-schema.js';

/**
 * Checks a recipe and fills in what it leaves out.
 *
 * @param value - plain data, as read from JSON; `name`, `model`, `epochs` and `batchSize` are required
 * @throws RecipeError listing every problem; an unknown key comes with the nearest known one
 * @example
 * ```ts
 * import { parseRecipe } from '@dmnn/runs';
 *
 * const recipe = parseRecipe({ name: 'mine', model: { name: 'cifar-resnet20' }, epochs: 5, batchSize: 128 });
 * console.log(recipe.optimiser.momentum, recipe.learningRate.kind); // => 0.9 cosine
 * ```
 */
export function parseRecipe(value: unknown): Recipe {
  const schema = recipeSchema();
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RecipeError(
    subjectOf(value),
    result.error.issues.flatMap((issue) => describeIssue(issue, schema, value)),
  );
}

function subjectOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
    ? `recipe ${value.name}`
    : 'recipe';
}
