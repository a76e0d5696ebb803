import type { Architecture } from '@dmnn/architecture';
import { type Schedule, constant, during, exponential, linear, offAfter } from '@dmnn/gating';
import { type RateBounds, wideningBounds } from '@dmnn/losses';
import { type GatingRecipe, gatingTarget } from '@dmnn/runs';
import { type LossTarget, lossTarget, mapTarget } from './loss-target.js';

/** How gates are trained at one step. */
export interface GatingSettings {
  /** In force now. */
  readonly target: LossTarget;
  readonly resourceWeight: number;
  /** On each block's rate; null for none. */
  readonly bounds: (RateBounds & { readonly weight: number }) | null;
  readonly temperature: number;
  /** Factor on the Gumbel noise: 1 or 0. */
  readonly noiseScale: number;
  /** `open`: all of them, whatever their logits are; `learning`: as the recipe's policy trains them; `fixed`: as it uses them, without noise and gradient. */
  readonly gates: 'open' | 'learning' | 'fixed';
}

/** How a network's gates are trained, resolved once for a run; `progress` is the share of training that is done, in [0, 1]. */
export interface GatingSchedule {
  /** The settings of a step. */
  at(progress: number): GatingSettings;
  /** The target in force alone. */
  targetAt(progress: number): LossTarget;
  /** Whether all gates are open, whatever their logits are. */
  holdsOpen(progress: number): boolean;
}

/**
 * Resolves a gating recipe for a network.
 *
 * @throws RangeError if the recipe's target is a cost that the network's gates cannot reach
 */
export function gatingSchedule(recipe: GatingRecipe, architecture: Architecture): GatingSchedule {
  const inTheEnd = lossTarget(gatingTarget(recipe), architecture);
  const { resourceRiseUntil, targetFallUntil, noiseOffAfter } = recipe;
  // gates that learn by regression are open in training, and no loss on rates reaches them
  const resourceWeight = recipe.regression
    ? constant(0)
    : onceDeciding(recipe, resourceRiseUntil, linear(0, recipe.resourceWeight));
  const temperature = temperatureSchedule(recipe.temperature);
  const noiseScale = noiseOffAfter < 1 ? offAfter(noiseOffAfter) : constant(1);
  const targetAt = (progress: number): LossTarget =>
    mapTarget(inTheEnd, (rate) => onceDeciding(recipe, targetFallUntil, linear(1, rate))(progress));
  return {
    targetAt,
    // by regression, logits mean something from the first step on
    holdsOpen: (progress) => !recipe.regression && gatesAt(recipe, progress) === 'open',
    at: (progress) => {
      const target = targetAt(progress);
      return {
        target,
        resourceWeight: resourceWeight(progress),
        bounds: boundsAt(recipe, target, progress),
        temperature: temperature(progress),
        noiseScale: noiseScale(progress),
        gates: gatesAt(recipe, progress),
      };
    },
  };
}

function boundsAt({ bounds }: GatingRecipe, target: LossTarget, progress: number): GatingSettings['bounds'] {
  if (!bounds || target.kind !== 'joint') return null;
  return { ...wideningBounds(progress, target.t), weight: bounds.weight };
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
  { gatesOpenUntil = 0, gatesLearnUntil = 1, regression }: GatingRecipe,
  progress: number,
): GatingSettings['gates'] {
  if (regression || progress < gatesOpenUntil) return 'open';
  return progress < gatesLearnUntil || gatesLearnUntil === 1 ? 'learning' : 'fixed';
}

function temperatureSchedule({ kind, from, to }: GatingRecipe['temperature']): Schedule {
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
