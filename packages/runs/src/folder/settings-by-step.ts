import type { Recipe } from '../recipe/recipe.js';
import { differencesIn } from '../recipe/recipe-differences.js';
import { type RunState, stateOf } from './checkpoint-contents.js';
import { CheckpointError } from './checkpoint-error.js';
import type { StoredCheckpoint } from './checkpoint-store.js';
import { type RunConfig, runFingerprint } from './run-config.js';

/**
 * The settings in force at a checkpoint: those of the last step before it.
 *
 * @param step - optimiser steps before the checkpoint
 * @example
 * ```ts
 * import { loadRunConfig, recipeAt } from '@dmnn/runs';
 *
 * const rateAt = async (folder: string, step: number) =>
 *   recipeAt(await loadRunConfig(folder), step).learningRate.from;
 * console.log(rateAt.length); // => 2
 * ```
 */
export function recipeAt(config: RunConfig, step: number): Recipe {
  return (config.changes ?? []).filter(({ fromStep }) => fromStep < step).at(-1)?.recipe ?? config.recipe;
}

/** The settings of the next step after so many. */
export function recipeFrom(config: RunConfig, step: number): Recipe {
  return recipeAt(config, step + 1);
}

/** The settings that a run was last trained with. */
export function latestRecipe(config: RunConfig): Recipe {
  return recipeAt(config, Infinity);
}

/** The fingerprint of a checkpoint of this run after so many steps. */
export function fingerprintAt(config: RunConfig, step: number): string {
  return runFingerprint({ ...config, recipe: recipeAt(config, step) });
}

/**
 * Whether a checkpoint is of this run.
 *
 * Also one with settings that the run fell back from, as `best` may be until a better one is found.
 */
export function isOfRun(config: RunConfig, step: number, fingerprint: string): boolean {
  if (fingerprint === fingerprintAt(config, step)) return true;
  return (config.undone ?? []).some(
    ({ fromStep, recipe }) => fromStep < step && runFingerprint({ ...config, recipe }) === fingerprint,
  );
}

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

/**
 * Refuses a checkpoint that another run wrote.
 *
 * @returns where the run stood
 * @throws CheckpointError if its fingerprint is not that of the run's settings at its step
 */
export function assertOfRun(checkpoint: StoredCheckpoint, config: RunConfig): RunState {
  const state = stateOf(checkpoint);
  const { path, step } = checkpoint;
  const problems = [
    ...(state.step === step ? [] : [`it was written after step ${state.step}, not ${step}`]),
    ...(isOfRun(config, state.step, state.fingerprint)
      ? []
      : ['it was written by a run of another recipe, model or data']),
  ];
  if (problems.length > 0)
    throw new CheckpointError(path, problems, 'Move it out of the folder, or use the folder of its own run.');
  return state;
}
