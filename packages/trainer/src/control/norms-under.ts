import { type Dataset, evaluationBatches } from '@dmnn/data';
import { closeAfter } from '@dmnn/foundation';
import { scripted } from '@dmnn/gating';
import { BATCH_NORM_MOMENTUM, type Float32Tensor, type Weights } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import { reportSkipped } from '../evaluate/on-skipped.js';
import type { ControlRuns } from './pattern-evaluation.js';
import type { FixedPattern } from './patterns-near.js';

/** Images of a batch whose statistics are taken, as many as recipes train with. */
const BATCH = 128;

/**
 * Estimates the mean and the variance of every batch norm again, under a fixed pattern: batches run with their own
 * statistics, and moving averages of these begin at zero, each divided by what it lacks of weight, 1 − (1 − momentum)^batches,
 * so that nothing of the old ones is left. Images are not augmented, as in use.
 *
 * @returns all weights of the network, those of batch norms replaced; the network is as it was
 * @throws RangeError if there is no image; DmnnError `DMNN_BATCH_NORM` if batch norm would take statistics of a single value;
 *   DataError for a damaged image, if `onSkipped` is not given; the signal's reason, if it aborts
 */
export async function normsUnder(
  pattern: FixedPattern,
  dataset: Dataset,
  { network, onSkipped, signal }: Pick<ControlRuns, 'network' | 'onSkipped' | 'signal'>,
): Promise<Weights> {
  const before = await network.weights();
  const norms = [...before].filter(([name]) => /\.moving(Mean|Variance)$/.test(name));
  const each = (value: (data: ArrayLike<number>, at: number) => number, from: Weights): Weights =>
    new Map([
      ...before,
      ...norms.map(([name, { shape }]): [string, Float32Tensor] => {
        const { data } = from.get(name) as Float32Tensor;
        return [name, { dtype: 'F32', shape, data: Float32Array.from(data, (_, at) => value(data, at)) }];
      }),
    ]);
  const size = Math.min(BATCH, dataset.size);
  let batches = 0;
  return closeAfter(
    async () => {
      network.load(each(() => 0, before));
      for await (const batch of evaluationBatches(dataset, { batchSize: size })) {
        signal?.throwIfAborted();
        await reportSkipped(batch, onSkipped);
        // a last batch of fewer images would weigh as much as the others
        if (batch.labels.length === 0 || (batch.labels.length < size && batches > 0)) continue;
        const images = tf.tensor4d(batch.images, batch.shape);
        await closeAfter(
          async () => {
            const { sampleKeys } = batch;
            const pass = network.forward(images, {
              policy: scripted(pattern),
              statistics: 'batch',
              execution: 'masked',
              sampleKeys,
            });
            await pass.logits.data(); // memory of a batch is free before the next
            tf.dispose(pass);
          },
          () => {
            images.dispose();
          },
        );
        batches++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (batches === 0) throw new RangeError('dataset: expected at least one intact image, got none');
      const weight = 1 - (1 - BATCH_NORM_MOMENTUM) ** batches;
      return each((data, at) => (data[at] as number) / weight, await network.weights());
    },
    () => {
      network.load(before);
    },
  );
}
