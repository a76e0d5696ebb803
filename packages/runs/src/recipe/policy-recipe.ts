import { z } from 'zod';

/** The options of each gate policy, by its name in `gatePolicies` of `@dmnn/gating`. */
export interface PolicyRecipes {
  /** The paper's: Gumbel noise and the softmax trick in training, the larger logit in evaluation. */
  readonly sampled: { readonly kind: 'sampled' };
  /**
   * No decision: every image runs the sub-blocks of `pattern`, `10,11,01`: a word for each gated block, 1 for open. The
   * control of gates, trained as they are. Controllers are made constant, so that exported files run the same sub-blocks.
   */
  readonly fixed: { readonly kind: 'fixed'; readonly pattern: string };
}

/** How gates are computed from logits: the name of a gate policy, with its options. */
export type PolicyRecipe = PolicyRecipes[keyof PolicyRecipes];

/** The schema of `gating.policy`. */
export function policySchema(): z.ZodType<PolicyRecipe> {
  return z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sampled') }),
    z.strictObject({
      kind: z.literal('fixed'),
      pattern: z.string().regex(/^[01]+(,[01]+)*$/, 'a word of 0 and 1 for each gated block, such as 10,11'),
    }),
  ]);
}
