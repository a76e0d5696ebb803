import { type RateTensors, boundsLoss, layerTargetLoss, resourceLoss } from '@dmnn/losses';
import * as tf from '@tensorflow/tfjs-core';
import type { GatingSettings } from './gating-schedule.js';

/** The losses on rates of one step, weighted. */
export interface ResourceTerms {
  readonly executionRate: tf.Scalar;
  readonly flops: tf.Scalar;
  readonly bounds: tf.Scalar;
  /** Their sum. */
  readonly total: tf.Scalar;
}

/**
 * The losses on rates at one step: λ · (Eq. 12 + Eq. 14), and the widening bounds; or λ times ConvNet-AIG's loss, as the
 * term of the execution rates.
 *
 * @returns scalars on the tape; the caller disposes them
 */
export function resourceTerms(
  rates: RateTensors,
  { target, resourceWeight, bounds }: GatingSettings,
): ResourceTerms {
  return tf.tidy(() => {
    if (target.kind === 'blocks') {
      // the mean is over all blocks: those without a gate add nothing to the sum
      const share = target.rates.length / target.blocks;
      const loss = layerTargetLoss(rates.rates, target.rates);
      const executionRate = tf.mul<tf.Scalar>(loss, resourceWeight * share);
      return { executionRate, flops: tf.scalar(0), bounds: tf.scalar(0), total: tf.clone(executionRate) };
    }
    const resource = resourceLoss({ ...rates, target: target.t });
    const executionRate = tf.mul<tf.Scalar>(resource.executionRateLoss, resourceWeight);
    const flops = tf.mul<tf.Scalar>(resource.flopsLoss, resourceWeight);
    const bounding = bounds
      ? tf.mul<tf.Scalar>(boundsLoss(rates.rates, bounds), bounds.weight)
      : tf.scalar(0);
    const total = tf.addN<tf.Scalar>([executionRate, flops, bounding]);
    return { executionRate, flops, bounds: bounding, total };
  });
}
