import { assertFunction } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { type RateNumbers, type RateTensors, assertRateNumbers } from './rates.js';

/** A loss of rates, expanded to first order around the rates of a whole batch; plain numbers. */
export interface RateGradient {
  /** The loss at those rates. */
  readonly value: number;
  /** The rates around which the loss was expanded. */
  readonly at: RateNumbers;
  /** ∂loss/∂r_l and ∂loss/∂(FLOPs rate) there. */
  readonly slope: RateNumbers;
}

/**
 * The gradient of any loss of rates with respect to the rates, for gradient accumulation.
 *
 * Losses on rates are not linear, so the mean of the micro-batches' losses is not the loss of the batch: by Jensen's
 * inequality it is too large, by the spread of the rates between micro-batches, and its gradient differs too. But the
 * loss R of the whole batch depends on the parameters θ only through the rates, which are weighted means over the
 * micro-batches, ρ = Σ_m (B_m/B)·ρ_m, so that
 *
 * $$\frac{dR(\rho)}{d\theta} = \sum_m \frac{B_m}{B}\,\nabla R(\rho)\cdot\frac{d\rho_m}{d\theta}.$$
 *
 * ∇R(ρ) is a vector of L + 1 constants once ρ is known. An exact step thus takes two passes: a forward pass over all
 * micro-batches for their rates ({@link wholeBatchRates}), then a forward and backward pass over each with {@link
 * linearisedLoss} in place of R and the micro-batch's total weighted by B_m/B, like the mean of the other terms. Gates
 * must be the same in both passes, which counter-based noise ensures. In a single pass, with ∇R at the rates of the
 * previous step, the gradient is that of a target that lags by one step.
 *
 * @param loss - a loss of rates, e.g. {@link resourceLoss}'s total, {@link boundsLoss}, or a sum; its tensors are
 *   disposed.
 * @param at - the rates of the whole batch.
 * @returns value and gradient as plain numbers.
 * @see DMNN §3.3 Eq. 11 to 15.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { rateGradient, resourceLoss, wholeBatchRates } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const at = wholeBatchRates([
 *   { images: 2, rates: [1], flopsRate: 1 },
 *   { images: 2, rates: [0.5], flopsRate: 0.75 },
 * ]);
 * const { slope } = await rateGradient((rates) => resourceLoss({ ...rates, target: 0.5 }).total, at);
 * console.log(slope.rates, slope.flopsRate); // => [ 0.5 ] 0.75
 * ```
 */
export async function rateGradient(
  loss: (rates: RateTensors) => tf.Scalar,
  at: RateNumbers,
): Promise<RateGradient> {
  assertFunction('loss', loss, 'a function of rates');
  assertRateNumbers('at', at);
  const [value, rates, flopsRate] = tf.tidy(() => {
    const result = tf.valueAndGrads((r: tf.Tensor, f: tf.Tensor) => {
      const ofRates = loss({ rates: r as tf.Tensor1D, flopsRate: f as tf.Scalar });
      // the loss may use only one of the two, but tfjs refuses a gradient with respect to an unused tensor
      return tf.add<tf.Scalar>(ofRates, tf.mul(tf.add(tf.sum(r), f), 0));
    })([tf.tensor1d([...at.rates]), tf.scalar(at.flopsRate)]);
    return [result.value, ...result.grads] as [tf.Tensor, tf.Tensor, tf.Tensor];
  });
  const read = await Promise.all([value.data(), rates.data(), flopsRate.data()]);
  tf.dispose([value, rates, flopsRate]);
  return {
    value: read[0][0] as number,
    at,
    slope: { rates: Array.from(read[1]), flopsRate: read[2][0] as number },
  };
}
