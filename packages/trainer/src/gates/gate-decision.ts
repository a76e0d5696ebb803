import { type GateDecision, gatePolicies } from '@dmnn/gating';
import type { GatingRecipe, PolicyRecipe, PolicyRecipes } from '@dmnn/runs';

/** Every policy that a recipe may name has its maker. */
const makers: { readonly [K in keyof PolicyRecipes]: (options: PolicyRecipes[K]) => GateDecision } =
  gatePolicies;

/** How a recipe has gates come of logits. */
export function gateDecision({ policy = { kind: 'sampled' } }: Pick<GatingRecipe, 'policy'>): GateDecision {
  return makerOf(policy);
}

function makerOf<K extends keyof PolicyRecipes>(policy: PolicyRecipe & PolicyRecipes[K]): GateDecision {
  const kind: K = policy.kind as K; // which of them it is, is what `kind` says
  return makers[kind](policy);
}
