import { type Schedule, constant, during, exponential, linear, offAfter } from '@dmnn/gating';
import type { GatingRecipe } from '@dmnn/runs';

/** How gates are trained at one step. */
export interface GatingSettings {
  readonly targetRate: number;
  readonly resourceWeight: number;
  readonly temperature: number;
  /** Factor on the Gumbel noise: 1 or 0. */
  readonly noiseScale: number;
  /** `open`: all of them, whatever their logits are; `sampled`: they learn; `likeliest`: without noise and gradient. */
  readonly gates: 'open' | 'sampled' | 'likeliest';
}

/**
 * The settings of a gating recipe at a share of training.
 *
 * @param progress - from 0, the first step, to 1, the end
 */
export function gatingAt(recipe: GatingRecipe, progress: number): GatingSettings {
  const { targetRate, resourceWeight, resourceRiseUntil, temperature, noiseOffAfter } = recipe;
  return {
    targetRate: targetSchedule(recipe, targetRate)(progress),
    resourceWeight: onceDeciding(recipe, resourceRiseUntil, linear(0, resourceWeight))(progress),
    temperature: temperatureSchedule(temperature)(progress),
    noiseScale: noiseOffAfter < 1 ? offAfter(noiseOffAfter)(progress) : 1,
    gates: gatesAt(recipe, progress),
  };
}

/** A target rate that falls from 1 as a recipe says. */
export function targetSchedule(
  recipe: Pick<GatingRecipe, 'gatesOpenUntil' | 'targetFallUntil'>,
  targetRate: number,
): Schedule {
  return onceDeciding(recipe, recipe.targetFallUntil, linear(1, targetRate));
}

/** A schedule that runs from when gates begin to decide until a share of training; over at once if that has passed. */
function onceDeciding(
  { gatesOpenUntil = 0 }: Pick<GatingRecipe, 'gatesOpenUntil'>,
  until: number,
  schedule: Schedule,
): Schedule {
  if (until > gatesOpenUntil) return during(gatesOpenUntil, until, schedule);
  return (progress) => schedule(progress < gatesOpenUntil ? 0 : 1);
}

function gatesAt(
  { gatesOpenUntil = 0, gatesLearnUntil = 1 }: GatingRecipe,
  progress: number,
): GatingSettings['gates'] {
  if (progress < gatesOpenUntil) return 'open';
  return progress < gatesLearnUntil || gatesLearnUntil === 1 ? 'sampled' : 'likeliest';
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
