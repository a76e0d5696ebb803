import { assertRecord, assertTensor, kindOf } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { executionRateLoss } from './execution-rate-loss.js';
import { flopsLoss } from './flops-loss.js';
import type { RateTensors } from './rates.js';

/** The unweighted terms of Eq. 15. The caller disposes all three. */
export interface ResourceLoss {
  /** Eq. 12. */
  readonly executionRateLoss: tf.Scalar;
  /** Eq. 14. */
  readonly flopsLoss: tf.Scalar;
  /** Eq. 15: their sum. */
  readonly total: tf.Scalar;
}

/** Rates, as tensors or plain numbers, and their target. */
export interface ResourceLossOptions {
  /** `[L]`: execution rate of each gated block, Eq. 11. */
  readonly rates: RateTensors['rates'] | readonly number[];
  /** Executed fraction of the full network's MACs, Eq. 13 divided by F_full. */
  readonly flopsRate: RateTensors['flopsRate'] | number;
  /** t, in (0, 1]. */
  readonly target: number;
}

/**
 * Execution-rate loss plus FLOPs loss, with one target for both.
 *
 * A function of the rates only, so they can come from one batch, from several workers, or from plain numbers. The
 * two terms have different optima if part of the cost is fixed: see {@link jointOptimum}.
 *
 * @param options - the rates ({@link executionRates}, {@link flopsRate}), tensors or plain numbers, and `target`, t, in
 *   (0, 1].
 * @returns both terms and their sum; multiply by the resource weight in {@link totalLoss}.
 * @throws DmnnError `DMNN_LOSS` if `rates` is not a vector. RangeError if the target is outside (0, 1].
 * @see DMNN §3.3 Eq. 15.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { executionRates, flopsRate, resourceLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const table = { fixedMacs: 19, controllerMacs: [1], subBlockMacs: [[40, 40]] };
 * const gates = [tf.tensor2d([[1, 0], [1, 1]])];
 * const { total } = resourceLoss({
 *   rates: executionRates(gates), // 0.75
 *   flopsRate: flopsRate(gates, table), // 0.8
 *   target: 0.5,
 * });
 * console.log(total.dataSync()[0]?.toFixed(4)); // => 0.1525
 * ```
 */
export function resourceLoss(options: ResourceLossOptions): ResourceLoss {
  assertRecord('options', options, 'an object with rates, flopsRate and target');
  const { rates, flopsRate, target } = options;
  return tf.tidy(() => {
    const executionRate = executionRateLoss(vectorOf(rates), target);
    const flops = flopsLoss(scalarOf(flopsRate), target);
    return {
      executionRateLoss: executionRate,
      flopsLoss: flops,
      total: tf.add<tf.Scalar>(executionRate, flops),
    };
  });
}

function vectorOf(rates: ResourceLossOptions['rates']): tf.Tensor1D {
  if (!Array.isArray(rates)) return rates as tf.Tensor1D;
  const wrong = rates.findIndex((each) => typeof each !== 'number');
  if (wrong >= 0) throw new TypeError(`rates[${wrong}]: expected a number, got ${kindOf(rates[wrong])}`);
  return tf.tensor1d(rates as number[]);
}

function scalarOf(flopsRate: ResourceLossOptions['flopsRate']): tf.Scalar {
  if (typeof flopsRate === 'number') return tf.scalar(flopsRate);
  assertTensor('flopsRate', flopsRate, 'a number or a scalar tensor');
  return flopsRate;
}
