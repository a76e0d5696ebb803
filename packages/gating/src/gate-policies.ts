import type { GatePolicy } from './gate-policy.js';
import { likeliest } from './likeliest.js';
import { sampled } from './sampled.js';

/** Where in training a policy is wanted, and how noisy it shall be. */
export interface PolicyStep {
  /** An integer in 0 … 2⁵³ − 1: the run. */
  readonly seed: number;
  /** Which pass over the data, from 0. */
  readonly epoch: number;
  /** Of Eq. 8, > 0. */
  readonly temperature: number;
  /** Factor on the noise: 1 or 0. */
  readonly noiseScale: number;
}

/** A way to make gates of logits, for training and for use. */
export interface GateDecision {
  /** Differentiable with respect to the logits. */
  training(step: PolicyStep): GatePolicy;
  /** Without noise and gradient. */
  readonly use: GatePolicy;
}

/** The ways to decide that are known by name, as a recipe names them; each takes its options. */
export interface GatePolicies {
  /** The paper's: Gumbel noise and the softmax trick in training, the larger logit in use. */
  readonly sampled: () => GateDecision;
}

/**
 * Makes each way to decide from its options. A recipe's `gating.policy` looks its `kind` up here.
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
