import type { Batch } from './batch.js';
import { orderedBatches } from './draw-batches.js';
import type { ImageDataset } from './image-dataset.js';
import { makeBatch, wholeImage } from './make-batch.js';
import { normalisationTable } from './normalisation.js';

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
  const table = normalisationTable(dataset);
  return orderedBatches(dataset.size, options, (keys, at) =>
    makeBatch(dataset, keys, at, table, () => wholeImage),
  );
}
