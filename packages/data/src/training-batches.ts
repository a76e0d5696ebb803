import { type AugmentationName, cropFlip } from './augmentation.js';
import type { Batch } from './batch.js';
import { type ShuffledBatchesOptions, shuffledBatches } from './draw-batches.js';
import type { ImageDataset } from './image-dataset.js';
import { makeBatch, wholeImage } from './make-batch.js';
import { normalisationTable } from './normalisation.js';

/** What to draw, and how. */
export interface TrainingBatchesOptions extends ShuffledBatchesOptions {
  /** How images are changed. */
  readonly augment: AugmentationName;
}

/**
 * The batches of one training epoch, shuffled and augmented. Which images come in step s depends on the seed, the
 * epoch and the batch size; how an image is augmented on the seed, the epoch and its index only. So an epoch can
 * be entered at any step, and another batch size sees the same augmented images.
 *
 * @throws RangeError on arguments out of range, at the call. Errors of the data set reach the loop.
 * @see DMNN §4.1: pad 4, random 32×32 crop, random flip.
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
export function trainingBatches(
  dataset: ImageDataset,
  options: TrainingBatchesOptions,
): AsyncIterable<Batch> {
  const { seed, augment } = options;
  const crop = augmentations[augment];
  if (!Object.hasOwn(augmentations, augment)) {
    throw new RangeError(`augment: expected 'pad-crop-flip' or 'none', got ${JSON.stringify(augment)}`);
  }
  const table = normalisationTable(dataset);
  return shuffledBatches(dataset.size, options, (keys, at) =>
    makeBatch(dataset, keys, at, table, (sampleKey) => crop({ seed, epoch: at.epoch, sampleKey })),
  );
}

const augmentations = { 'pad-crop-flip': cropFlip, none: () => wholeImage } as const;
