import type { Batch } from './batch.js';
import type { EvaluationBatchesOptions } from './batches-options.js';
import type { Dataset } from '../dataset.js';
import { orderedBatches } from './draw-batches.js';
import { evaluationBatch, makesBatches } from './intact-batch.js';
import { makeBatch } from './make-batch.js';
import { writeWhole } from './write-augmented.js';

/**
 * Every image exactly once, in order and without augmentation; image files are centre-cropped. The last batch holds
 * the remaining images.
 *
 * @throws RangeError on arguments out of range, at the call. Errors from the data set are thrown in the loop.
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
export function evaluationBatches(dataset: Dataset, options: EvaluationBatchesOptions): AsyncIterable<Batch> {
  const { size } = dataset;
  if (makesBatches(dataset)) {
    return orderedBatches(size, { ...options, together: true }, (keys, at) =>
      evaluationBatch(dataset, keys, at),
    );
  }
  const write = writeWhole(dataset);
  return orderedBatches(size, options, (keys, at) => makeBatch(dataset, keys, at, write));
}
