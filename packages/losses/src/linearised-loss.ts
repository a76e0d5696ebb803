import { assertRecord, assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { lossError } from './loss-error.js';
import type { RateGradient } from './rate-gradient.js';
import { type RateTensors, assertRateNumbers } from './rates.js';

/**
 * A loss of rates for one micro-batch: value + slope · (rates − rates of the whole batch).
 *
 * Summed with the micro-batches' fractions of the batch as weights, its values and gradients are exactly those of
 * the loss of the whole batch; {@link rateGradient} explains why and under which conditions.
 *
 * @param gradient - gradient of the loss at the rates of the whole batch.
 * @param micro - the rates of this micro-batch, on the tape.
 * @returns a scalar, which may be negative for a single micro-batch. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if the micro-batch has a different number of blocks.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { linearisedLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const gradient = { value: 0.2, at: { rates: [0.75], flopsRate: 0.875 }, slope: { rates: [0.5], flopsRate: 0.75 } };
 * const loss = linearisedLoss(gradient, { rates: tf.tensor1d([1]), flopsRate: tf.scalar(1) });
 * console.log(loss.dataSync()[0]?.toFixed(5)); // => 0.41875
 * ```
 */
export function linearisedLoss(gradient: RateGradient, micro: RateTensors): tf.Scalar {
  assertRecord('gradient', gradient, 'the result of rateGradient');
  const { value, at, slope } = gradient;
  assertRateNumbers('gradient.at', at);
  assertRateNumbers('gradient.slope', slope);
  assertRecord('micro', micro, 'an object with the tensors rates and flopsRate');
  assertTensor('micro.rates', micro.rates, 'a tensor [L]');
  assertTensor('micro.flopsRate', micro.flopsRate, 'a scalar tensor');
  if (micro.rates.size !== slope.rates.length) {
    throw lossError(
      'micro.rates',
      `${slope.rates.length} blocks, as in the gradient`,
      `${micro.rates.size}`,
      'Use the rates of the same network.',
    );
  }
  const offset =
    value -
    slope.rates.reduce((sum, s, l) => sum + s * (at.rates[l] as number), slope.flopsRate * at.flopsRate);
  return tf.tidy(() => {
    const ofRates = tf.sum(tf.mul(micro.rates, tf.tensor1d([...slope.rates])));
    return tf.add<tf.Scalar>(tf.add(ofRates, tf.mul(micro.flopsRate, slope.flopsRate)), offset);
  });
}
