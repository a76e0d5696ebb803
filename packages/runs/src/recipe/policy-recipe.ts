import { z } from 'zod';

/** Options of each way to decide about sub-blocks, by its name in `gatePolicies` of `@dmnn/gating`. */
export interface PolicyRecipes {
  /** The paper's: Gumbel noise and the softmax trick in training, the larger logit in use. */
  readonly sampled: { readonly kind: 'sampled' };
}

/** How gates come of logits: a name, and what it takes. */
export type PolicyRecipe = PolicyRecipes[keyof PolicyRecipes];

/** What may stand in `gating.policy`. */
export function policySchema(): z.ZodType<PolicyRecipe> {
  return z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('sampled') })]);
}
