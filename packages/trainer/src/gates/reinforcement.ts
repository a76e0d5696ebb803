import { reinforceLoss, skippingReturns } from '@dmnn/losses';
import type { ForwardPass } from '@dmnn/network';
import type { PolicyRecipes } from '@dmnn/runs';
import * as tf from '@tensorflow/tfjs-core';

/** How rewards teach the gates of a network. */
export type Reinforcement = PolicyRecipes['reinforced'];

/**
 * The weighted loss by which gates that were drawn learn from their rewards.
 *
 * @returns a scalar on the tape, with a gradient for gate logits only
 * @see Wang et al. 2018, SkipNet (arXiv 1711.09485), §3.3
 */
export function reinforcementLoss(
  { logits, gates, gateLogits }: Pick<ForwardPass, 'logits' | 'gates' | 'gateLogits'>,
  labels: Int32Array,
  { weight, ...options }: Reinforcement,
): tf.Scalar {
  return tf.tidy(() => {
    const returns = skippingReturns(gates, logits, labels, options);
    return tf.mul<tf.Scalar>(reinforceLoss(gateLogits, gates, returns), weight);
  });
}
