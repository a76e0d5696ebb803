import type { GatePolicy } from './gate-policy.js';
import { likeliest } from './likeliest.js';
import { sampled } from './sampled.js';

/** The point in training for which a policy is created, and its noise. */
export interface PolicyStep {
  /** The run's seed, an integer in 0 … 2⁵³ − 1. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Temperature of Eq. 8, > 0. */
  readonly temperature: number;
  /** Factor on the noise: 1 or 0. */
  readonly noiseScale: number;
}

/** How logits become gates, in training and in use. */
export interface GateDecision {
  /** Creates the policy for training, differentiable with respect to the logits. */
  training(step: PolicyStep): GatePolicy;
  /** The policy for use, without noise and gradient. */
  readonly use: GatePolicy;
}

/** The decisions known by name, as recipes refer to them; each function takes its options. */
export interface GatePolicies {
  /** The paper's decision: Gumbel noise and the softmax trick in training, the larger logit in use. */
  readonly sampled: () => GateDecision;
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
};
