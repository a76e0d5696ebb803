import { constant, during, exponential, linear, offAfter } from '@dmnn/gating';
import type { GatingRecipe } from '../recipe/recipe.js';

/** How gates are trained at one step. */
export interface GatingSettings {
  readonly targetRate: number;
  readonly resourceWeight: number;
  readonly temperature: number;
  /** Factor on the Gumbel noise: 1 or 0. */
  readonly noiseScale: number;
  /** Whether gates have a gradient; if not, they are the likeliest, without noise. */
  readonly gatesLearn: boolean;
}

/**
 * The settings of a gating recipe at a share of training.
 *
 * @param progress - from 0, the first step, to 1, the end
 */
export function gatingAt(recipe: GatingRecipe, progress: number): GatingSettings {
  const { targetRate, targetFallUntil, resourceWeight, resourceRiseUntil, temperature } = recipe;
  const { noiseOffAfter, gatesLearnUntil = 1 } = recipe;
  const target = targetSchedule(targetRate, targetFallUntil);
  const weight =
    resourceRiseUntil > 0
      ? during(0, resourceRiseUntil, linear(0, resourceWeight))
      : constant(resourceWeight);
  return {
    targetRate: target(progress),
    resourceWeight: weight(progress),
    temperature: temperatureSchedule(temperature)(progress),
    noiseScale: noiseOffAfter < 1 ? offAfter(noiseOffAfter)(progress) : 1,
    gatesLearn: progress < gatesLearnUntil || gatesLearnUntil === 1,
  };
}

/** A target rate that falls from 1 over a share of training; 0: in force at once. */
export function targetSchedule(targetRate: number, fallUntil: number): (progress: number) => number {
  return fallUntil > 0 ? during(0, fallUntil, linear(1, targetRate)) : constant(targetRate);
}

function temperatureSchedule({ kind, from, to }: GatingRecipe['temperature']): (progress: number) => number {
  switch (kind) {
    case 'constant':
      return constant(from);
    case 'linear':
      return linear(from, to);
    case 'exponential':
      return exponential(from, to);
    default:
      return kind satisfies never;
  }
}
