import type { GatePolicy } from '@dmnn/gating';
import type { OpenedNetworkData } from '@dmnn/runs';

/** How gates are decided; without a policy as the likeliest. */
export interface EvaluatedDecision {
  readonly kind: string;
  readonly policy?: GatePolicy | undefined;
  readonly isLikeliest: boolean;
}

/** The gate decision that a run's recipe sets. */
export async function decisionOf({
  source,
  setting,
}: Pick<OpenedNetworkData, 'source' | 'setting'>): Promise<EvaluatedDecision> {
  const likeliestGates = { kind: 'likeliest', isLikeliest: true };
  // a setting of gates decides in place of the recipe
  if (source.kind !== 'run' || (setting && !('width' in setting))) return likeliestGates;
  const { loadRunConfig } = await import('@dmnn/runs');
  const { gateDecision } = await import('@dmnn/trainer');
  const { likeliest } = await import('@dmnn/gating');
  const { gating } = (await loadRunConfig(source.folder)).recipe;
  if (!gating) return likeliestGates;
  const { kind } = gating.policy ?? { kind: 'sampled' };
  const policy = gateDecision(gating).use;
  // controllers of a fixed pattern are constant, so that the likeliest gates are its own
  if (kind === 'fixed') return { kind, policy: likeliest, isLikeliest: true };
  return { kind, policy, isLikeliest: policy === likeliest };
}
