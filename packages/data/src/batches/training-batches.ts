import { assertAugmentation } from './augmentations-of.js';
import type { Batch } from './batch.js';
import type { TrainingBatchesOptions } from './batches-options.js';
import type { Dataset } from '../dataset.js';
import { shuffledBatches } from './draw-batches.js';
import { makesBatches, trainingBatch } from './intact-batch.js';
import { makeBatch } from './make-batch.js';
import { writeAugmented } from './write-augmented.js';

/**
 * The batches of one training epoch, shuffled and augmented. The images of step s depend on the seed, the epoch and
 * the batch size; the augmentation of an image depends only on the seed, the epoch and its index. An epoch can
 * therefore be entered at any step, and the augmented images are the same for every batch size.
 *
 * @throws RangeError on arguments out of range, at the call. Errors from the data set are thrown in the loop.
 * @see DMNN §4.1: pad 4, random 32×32 crop, random flip; for ImageNet random-size crop, random flip.
 * @example
 * ```ts
 * import { builtInDataset, trainingBatches } from '@dmnn/data';
 *
 * const dataset = builtInDataset({ split: 'train', size: 300 });
 * const options = { batchSize: 100, seed: 1, epoch: 0, augment: 'pad-crop-flip' } as const;
 * for await (const batch of trainingBatches(dataset, { ...options, startStep: 2 })) {
 *   console.log(batch.step, batch.shape.join('×')); // => 2 100×32×32×3
 * }
 * ```
 */
export function trainingBatches(dataset: Dataset, options: TrainingBatchesOptions): AsyncIterable<Batch> {
  const { size } = dataset;
  const { augment, seed, epoch } = options;
  assertAugmentation(dataset, augment);
  if (makesBatches(dataset)) {
    const view = { kind: 'training', augment, seed, epoch } as const;
    return shuffledBatches(size, { ...options, together: true }, (keys, at) =>
      trainingBatch(dataset, keys, at, view),
    );
  }
  const write = writeAugmented(dataset, options);
  return shuffledBatches(size, options, (keys, at) => makeBatch(dataset, keys, at, write));
}
