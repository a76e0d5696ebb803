import { z } from 'zod';

/** The options of each gate policy, by its name in `gatePolicies` of `@dmnn/gating`. */
export interface PolicyRecipes {
  /** The paper's: Gumbel noise and the softmax trick in training, the larger logit in evaluation. */
  readonly sampled: { readonly kind: 'sampled' };
}

/** How gates are computed from logits: the name of a gate policy, with its options. */
export type PolicyRecipe = PolicyRecipes[keyof PolicyRecipes];

/** The schema of `gating.policy`. */
export function policySchema(): z.ZodType<PolicyRecipe> {
  return z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('sampled') })]);
}
