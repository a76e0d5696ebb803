import type { Batch } from './batch.js';
import { assertBatchSize } from './batch-size.js';
import type { ImageDataset } from './image-dataset.js';
import { makeBatch, wholeImage } from './make-batch.js';
import { normalisationTable } from './normalisation.js';
import { prefetch } from './prefetch.js';

/** How to draw. */
export interface EvaluationBatchesOptions {
  /** Images in a batch; the last may hold fewer. */
  readonly batchSize: number;
  /** Batches held ready while the network computes; 0 for none. Default 2. */
  readonly prefetch?: number;
}

/**
 * Every image exactly once, in order, as it is. The last batch holds what is left.
 *
 * @throws RangeError on arguments out of range, at the call. Errors of the data set reach the loop.
 * @example
 * ```ts
 * import { builtInDataset, evaluationBatches } from '@dmnn/data';
 *
 * const sizes = [];
 * for await (const batch of evaluationBatches(builtInDataset({ split: 'test', size: 250 }), { batchSize: 100 })) {
 *   sizes.push(batch.labels.length);
 * }
 * console.log(sizes.join()); // => 100,100,50
 * ```
 */
export function evaluationBatches(
  dataset: ImageDataset,
  options: EvaluationBatchesOptions,
): AsyncIterable<Batch> {
  const { batchSize, prefetch: ahead = 2 } = options;
  assertBatchSize(batchSize);
  if (!Number.isInteger(ahead) || ahead < 0) {
    throw new RangeError(`prefetch: expected an integer ≥ 0 (batches), got ${ahead}`);
  }
  const table = normalisationTable(dataset);
  // eslint-disable-next-line @typescript-eslint/require-await -- data sets that decode will wait here
  async function* batches(): AsyncGenerator<Batch, void, undefined> {
    for (let step = 0; step * batchSize < dataset.size; step++) {
      const first = step * batchSize;
      const count = Math.min(batchSize, dataset.size - first);
      const keys = Array.from({ length: count }, (_, row) => first + row);
      yield makeBatch(dataset, keys, { epoch: 0, step }, table, () => wholeImage);
    }
  }
  return { [Symbol.asyncIterator]: () => (ahead === 0 ? batches() : prefetch(batches(), ahead)) };
}
