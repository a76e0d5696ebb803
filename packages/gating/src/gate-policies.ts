import { type FixedPatternOptions, fixedPattern } from './fixed-pattern.js';
import type { GateDecision } from './gate-decision.js';
import { drawn } from './drawn.js';
import { likeliest } from './likeliest.js';
import { sampled } from './sampled.js';

/** The decisions known by name, as recipes refer to them; each function takes its options. */
export interface GatePolicies {
  /** The paper's decision: Gumbel noise and the softmax trick in training, the larger logit in use. */
  readonly sampled: () => GateDecision;
  /** Drawn without a gradient in training, for rewards to teach; the larger logit in use. */
  readonly reinforced: () => GateDecision;
  /** No decision: the same sub-blocks for every image, what gates are compared with. */
  readonly fixed: (options: FixedPatternOptions) => GateDecision;
}

/**
 * Creates each decision from its options. A recipe's `gating.policy` looks up its `kind` here.
 *
 * @example
 * ```ts
 * import { gatePolicies, likeliest } from '@dmnn/gating';
 *
 * console.log(gatePolicies.sampled().use === likeliest); // => true
 * ```
 */
export const gatePolicies: GatePolicies = {
  sampled: () => ({ training: sampled, use: likeliest }),
  reinforced: () => ({ training: drawn, use: likeliest }),
  fixed: fixedPattern,
};
