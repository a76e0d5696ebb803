import * as tf from '@tensorflow/tfjs-core';
import type { ConvLayer } from '../layers/conv-layer.js';
import { convolution } from '../layers/sliding-windows.js';
import { normSum } from '../kernels/norm-sum.js';
import type { Pass } from '../layers/pass.js';

/**
 * Runs mergeable units (see `areMergeable`) on one input, with the statistics of the batch: the input is read once,
 * and receives one gradient. Batch norm treats each channel separately, so the results stay the same.
 *
 * @returns one result for each unit; the caller disposes them
 */
export function runMerged(layers: readonly ConvLayer[], x: tf.Tensor4D, pass: Pass): tf.Tensor4D[] {
  const { unit, norm } = layers[0] as ConvLayer;
  return tf.tidy(() => {
    const filters = layers.map(({ weight }) => weight as tf.Tensor4D);
    const y = convolution(x, tf.concat(filters, 3), unit);
    const norms = layers.map(({ norm }) => norm?.forBatch(y, pass)).filter((norm) => norm !== undefined);
    const widths = filters.map(({ shape }) => shape[3]);
    const begins = widths.map((_, n) => widths.slice(0, n).reduce((sum, width) => sum + width, 0));
    const { views } = normSum({
      paths: [{ x: y }],
      normalisations: [
        {
          scale: tf.concat(norms.map(({ scale }) => scale)),
          offset: tf.concat(norms.map(({ offset }) => offset)),
          onStatistics: (mean, variance) => {
            norms.forEach(({ onStatistics }, n) => {
              const own = (all: tf.Tensor1D) => tf.slice(all, [begins[n] as number], [widths[n] as number]);
              tf.tidy(() => {
                onStatistics(own(mean), own(variance));
              });
            });
          },
        },
      ],
      epsilon: norm?.epsilon ?? 0, // of all: see areMergeable
      activation: unit.activation,
      splits: widths,
      views: 1,
      pooled: false,
    });
    return views[0] as tf.Tensor4D[];
  });
}
