import { type RateTensors, boundsLoss, layerTargetLoss, resourceLoss, wideningBounds } from '@dmnn/losses';
import * as tf from '@tensorflow/tfjs-core';
import type { GatingRecipe } from '@dmnn/runs';
import { gatingAt, targetSchedule } from './gating-schedule.js';
import type { LayerTargets } from './layer-targets.js';

/** The losses on rates of one step, weighted. */
export interface ResourceTerms {
  readonly executionRate: tf.Scalar;
  readonly flops: tf.Scalar;
  readonly bounds: tf.Scalar;
  /** Their sum. */
  readonly total: tf.Scalar;
}

/**
 * Everything that a recipe asks of the rates at a share of training: λ · (Eq. 12 + Eq. 14), and the widening bounds; or
 * λ times ConvNet-AIG's loss, as the term of the execution rates.
 *
 * @param layerTargets - ConvNet-AIG's; undefined for the paper's losses
 * @returns scalars on the tape; the caller disposes them
 */
export function resourceTerms(
  rates: RateTensors,
  recipe: GatingRecipe,
  progress: number,
  layerTargets?: LayerTargets,
): ResourceTerms {
  const { targetRate, resourceWeight } = gatingAt(recipe, progress);
  return tf.tidy(() => {
    if (layerTargets) {
      const now = layerTargets.gated.map((target) => targetSchedule(recipe, target)(progress));
      // the mean is over all blocks: those without a gate add nothing to the sum
      const share = layerTargets.gated.length / layerTargets.blocks;
      const executionRate = tf.mul<tf.Scalar>(layerTargetLoss(rates.rates, now), resourceWeight * share);
      return { executionRate, flops: tf.scalar(0), bounds: tf.scalar(0), total: tf.clone(executionRate) };
    }
    const resource = resourceLoss({ ...rates, targetRate });
    const executionRate = tf.mul<tf.Scalar>(resource.executionRateLoss, resourceWeight);
    const flops = tf.mul<tf.Scalar>(resource.flopsLoss, resourceWeight);
    const bounds = recipe.bounds
      ? tf.mul<tf.Scalar>(boundsLoss(rates.rates, wideningBounds(progress, targetRate)), recipe.bounds.weight)
      : tf.scalar(0);
    return { executionRate, flops, bounds, total: tf.addN<tf.Scalar>([executionRate, flops, bounds]) };
  });
}
