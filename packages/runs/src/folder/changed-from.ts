import type { Recipe } from '../recipe/recipe.js';
import { differencesIn } from '../recipe/recipe-differences.js';
import { type RunConfig, recipeFrom } from './run-config.js';

/**
 * A run's configuration with other settings from a step on. Changes after that step are undone: the run has fallen back
 * to before them.
 *
 * @param latestSaved - the step of the latest checkpoint of any kind: if the run has fallen back from it, its settings are
 *   kept as undone
 * @returns the same object if nothing changes
 */
export function changedFrom(
  config: RunConfig,
  step: number,
  recipe: Recipe,
  latestSaved: number = step,
): RunConfig {
  const { changes = [], undone: before = [], ...rest } = config;
  const later = changes.filter(({ fromStep }) => fromStep > step);
  const then = recipeFrom(config, step);
  if (later.length === 0 && isSame(then, recipe)) return config;
  const kept = changes.filter(({ fromStep }) => fromStep < step);
  const isBack = isSame(kept.at(-1)?.recipe ?? config.recipe, recipe);
  const now = isBack ? kept : [...kept, { fromStep: step, recipe }];
  const undone = latestSaved > step ? [{ fromStep: step, recipe: then }, ...later] : [];
  const unlisted = undone.filter((one) => !before.some((other) => isSame(one, other)));
  const all = [...before, ...unlisted];
  return {
    ...rest,
    ...(now.length > 0 && { changes: now }),
    ...(all.length > 0 && { undone: all }),
  };
}

function isSame(one: unknown, other: unknown): boolean {
  return differencesIn('', one, other).length === 0;
}
