import { gatedBlocks } from '@dmnn/architecture';
import { type Dataset, evaluationBatches } from '@dmnn/data';
import { closeAfter } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { reportSkipped } from '../evaluate/on-skipped.js';
import { lossChanges } from '../gates/contributions.js';
import { trainingError } from '../training-error.js';
import type { ControlRuns } from './pattern-evaluation.js';

/**
 * Taylor scores of sub-blocks: how much the loss of an image is expected to change without one, to first order at all gates
 * open, |∂loss / ∂gate|, mean over the images. With moving statistics, so that images do not depend on each other.
 *
 * @returns `[l][n]`: scores for `patternsNear`
 * @throws DmnnError `DMNN_NAN` if a gradient is not finite; DataError for a damaged image, if `onSkipped` is not given; the
 *   signal's reason, if it aborts
 * @see Molchanov et al. 2016, Pruning Convolutional Neural Networks for Resource Efficient Inference (arXiv 1611.06440), Eq. 8,
 *   with the gate of a sub-block in place of an activation
 */
export async function taylorOrder(
  dataset: Dataset,
  { network, batchSize = 50, onSkipped, signal }: ControlRuns,
): Promise<number[][]> {
  const subBlocks = gatedBlocks(network.architecture).map(({ block }) => block.subBlocks.length);
  const sums = subBlocks.map((count) => new Array<number>(count).fill(0));
  let images = 0;
  for await (const batch of evaluationBatches(dataset, { batchSize: Math.min(batchSize, dataset.size) })) {
    signal?.throwIfAborted();
    await reportSkipped(batch, onSkipped);
    const count = batch.labels.length;
    if (count === 0) continue;
    const packed = tf.tidy(() => {
      const images = tf.tensor4d(batch.images, batch.shape);
      const changes = lossChanges(network, { images, labels: batch.labels, sampleKeys: batch.sampleKeys });
      return tf.concat1d(changes.map((each) => tf.sum<tf.Tensor1D>(each, 0)));
    });
    await closeAfter(
      async () => {
        const values = await packed.data();
        let at = 0;
        for (const row of sums)
          for (const n of row.keys()) row[n] = (row[n] as number) + (values[at++] ?? NaN);
      },
      () => {
        packed.dispose();
      },
    );
    if (!sums.flat().every(Number.isFinite))
      throw trainingError({ step: 0, epoch: 0, term: 'gradient' }, 'Nothing is ordered.');
    images += count;
    await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
  }
  return sums.map((row) => row.map((sum) => sum / images));
}
