import { type GatePolicy, likeliest, sampled } from '@dmnn/gating';
import type { Recipe } from '@dmnn/runs';

/**
 * How gates come about when a run is evaluated: the larger logit; or, if its recipe says `noisyGates`, with the noise of
 * training and the temperature at its end, the same at every evaluation.
 */
export function evaluationPolicy({
  seed,
  gating,
  evaluation,
}: Pick<Recipe, 'seed' | 'gating' | 'evaluation'>): GatePolicy {
  if (!gating || evaluation.noisyGates !== true) return likeliest;
  const { kind, from, to } = gating.temperature;
  return sampled({ seed, epoch: 0, temperature: kind === 'constant' ? from : to, noiseScale: 1 });
}
