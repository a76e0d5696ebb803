import type { GatePolicy } from './gate-policy.js';

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
