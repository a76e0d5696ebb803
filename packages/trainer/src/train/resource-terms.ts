import { type RateTensors, boundsLoss, resourceLoss, wideningBounds } from '@dmnn/losses';
import * as tf from '@tensorflow/tfjs-core';
import type { GatingRecipe } from '../recipe/recipe.js';
import { gatingAt } from './gating-schedule.js';

/** The losses on rates of one step, weighted. */
export interface ResourceTerms {
  readonly executionRate: tf.Scalar;
  readonly flops: tf.Scalar;
  readonly bounds: tf.Scalar;
  /** Their sum. */
  readonly total: tf.Scalar;
}

/**
 * Everything that a recipe asks of the rates at a share of training: λ · (Eq. 12 + Eq. 14), and the widening bounds.
 *
 * @returns scalars on the tape; the caller disposes them
 */
export function resourceTerms(rates: RateTensors, recipe: GatingRecipe, progress: number): ResourceTerms {
  const { targetRate, resourceWeight } = gatingAt(recipe, progress);
  return tf.tidy(() => {
    const resource = resourceLoss({ ...rates, targetRate });
    const executionRate = tf.mul<tf.Scalar>(resource.executionRateLoss, resourceWeight);
    const flops = tf.mul<tf.Scalar>(resource.flopsLoss, resourceWeight);
    const bounds = recipe.bounds
      ? tf.mul<tf.Scalar>(boundsLoss(rates.rates, wideningBounds(progress, targetRate)), recipe.bounds.weight)
      : tf.scalar(0);
    return { executionRate, flops, bounds, total: tf.addN<tf.Scalar>([executionRate, flops, bounds]) };
  });
}
