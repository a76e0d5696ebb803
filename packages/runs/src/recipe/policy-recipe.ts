import { z } from 'zod';

/** The options of each gate policy, by its name in `gatePolicies` of `@dmnn/gating`. */
export interface PolicyRecipes {
  /** The paper's: Gumbel noise and the softmax trick in training, the larger logit in evaluation. */
  readonly sampled: { readonly kind: 'sampled' };
  /**
   * SkipNet's hybrid of supervision and reinforcement: gates are drawn in training, without a gradient, and learn by
   * REINFORCE what `skippingReturns` of `@dmnn/losses` gives: `costReward` times the share of gates that are closed from a
   * gate on, less the image's cross entropy. The rest of the network learns as ever. `weight` is that of the mean over
   * images. Larger logits decide in evaluation. To begin with a network whose gates have been trained.
   *
   * @see Wang et al. 2018, SkipNet (arXiv 1711.09485), §3.3
   */
  readonly reinforced: {
    readonly kind: 'reinforced';
    readonly costReward: number;
    readonly weight: number;
    /** What a reward is worth one gate earlier, in [0, 1]. */
    readonly discount: number;
  };
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
      kind: z.literal('reinforced'),
      costReward: z.number().min(0).default(0.1),
      weight: z.number().gt(0).default(1),
      discount: z.number().min(0).max(1).default(1),
    }),
    z.strictObject({
      kind: z.literal('fixed'),
      pattern: z.string().regex(/^[01]+(,[01]+)*$/, 'a word of 0 and 1 for each gated block, such as 10,11'),
    }),
  ]);
}
