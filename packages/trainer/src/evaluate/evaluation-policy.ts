import { type GatePolicy, likeliest } from '@dmnn/gating';
import type { Recipe } from '@dmnn/runs';
import { gateDecision } from '../gates/gate-decision.js';

/**
 * How gates come about when a run is evaluated: as its recipe's policy uses them; or, if the recipe says `noisyGates`, with
 * the noise of training and the temperature at its end, the same at every evaluation.
 */
export function evaluationPolicy({
  seed,
  gating,
  evaluation,
}: Pick<Recipe, 'seed' | 'gating' | 'evaluation'>): GatePolicy {
  if (!gating) return likeliest; // without gates it is never called
  const decision = gateDecision(gating);
  if (evaluation.noisyGates !== true) return decision.use;
  const { kind, from, to } = gating.temperature;
  return decision.training({ seed, epoch: 0, temperature: kind === 'constant' ? from : to, noiseScale: 1 });
}
