import { reinforceLoss, skippingReturns } from '@dmnn/losses';
import type { PolicyRecipes } from '@dmnn/runs';
import * as tf from '@tensorflow/tfjs-core';
import type { PassTerm } from './pass-term.js';

/**
 * The loss by which gates that were drawn learn from their rewards, as a term of the training step: it has a gradient for
 * gate logits only.
 *
 * @see Wang et al. 2018, SkipNet (arXiv 1711.09485), §3.3
 */
export function reinforcementTerm({ weight, ...options }: PolicyRecipes['reinforced']): PassTerm {
  return {
    name: 'reinforcement',
    weight,
    loss: ({ logits, gates, gateLogits }, labels) =>
      tf.tidy(() => reinforceLoss(gateLogits, gates, skippingReturns(gates, logits, labels, options))),
  };
}
