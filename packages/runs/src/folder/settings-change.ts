import type { Recipe } from '../recipe/recipe.js';

/** Settings that came into force after a run had begun. */
export interface SettingsChange {
  /** Optimiser steps that were done before: the next one is the first with these settings. */
  readonly fromStep: number;
  /** All settings from then on. */
  readonly recipe: Recipe;
}
