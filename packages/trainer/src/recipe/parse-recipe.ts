import { closestNames } from '@dmnn/backbones';
import type { z } from 'zod';
import { knownKeys } from './known-keys.js';
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
 * import { parseRecipe } from '@dmnn/trainer';
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

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): string[] {
  const at = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') {
    const got = issue.path.reduce<unknown>(
      (within, key) => (within as Record<PropertyKey, unknown> | undefined)?.[key],
      value,
    );
    const text = got === undefined ? 'nothing' : JSON.stringify(got);
    const message =
      issue.code === 'custom'
        ? issue.message
        : `${issue.code === 'invalid_type' ? `expected ${issue.expected}` : issue.message}, got ${text}`;
    return [`${at === '' ? '' : `${at}: `}${message}`];
  }
  const candidates = knownKeys(schema, issue.path, value);
  return issue.keys.map((key) => {
    const [near] = closestNames(key, candidates);
    const remedy = near === undefined ? `known are ${candidates.join(', ')}` : `did you mean ${near}?`;
    return `${at === '' ? '' : `${at}.`}${key}: unknown key, ${remedy}`;
  });
}
