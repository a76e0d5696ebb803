import { type AugmentationName, cropFlip } from './augmentation.js';
import type { Batch } from './batch.js';
import { assertBatchSize } from './batch-size.js';
import { epochOrder } from './epoch-order.js';
import type { ImageDataset } from './image-dataset.js';
import { makeBatch, wholeImage } from './make-batch.js';
import { normalisationTable } from './normalisation.js';
import { prefetch } from './prefetch.js';

/** What to draw, and how. */
export interface TrainingBatchesOptions {
  /** Images in a batch. */
  readonly batchSize: number;
  /** The run's seed, a safe integer: it decides the order and the augmentation. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** First batch wanted, from 0; where a resumed run goes on. Default 0. */
  readonly startStep?: number;
  /** How images are changed. */
  readonly augment: AugmentationName;
  /** Batches held ready while the trainer computes; 0 for none. Default 2. */
  readonly prefetch?: number;
  /** Whether a last batch of fewer images is left out. Default true. */
  readonly dropLast?: boolean;
}

/** Batches of one epoch: floor(size / batchSize), or its ceiling where `dropLast` is false. */
export function stepsPerEpoch(
  size: number,
  options: { readonly batchSize: number; readonly dropLast?: boolean },
): number {
  assertBatchSize(options.batchSize);
  const batches = size / options.batchSize;
  return (options.dropLast ?? true) ? Math.floor(batches) : Math.ceil(batches);
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
  const { batchSize, seed, epoch, startStep = 0, augment, prefetch: ahead = 2 } = options;
  const steps = stepsPerEpoch(dataset.size, options);
  if (steps === 0) {
    throw new RangeError(
      `batchSize: expected at most the data set's ${dataset.size} images, got ${batchSize}; use a smaller batch or dropLast: false`,
    );
  }
  if (!Number.isInteger(startStep) || startStep < 0 || startStep > steps) {
    throw new RangeError(
      `startStep: expected an integer from 0 to ${steps} (batches of the epoch), got ${startStep}`,
    );
  }
  if (!Number.isInteger(ahead) || ahead < 0) {
    throw new RangeError(`prefetch: expected an integer ≥ 0 (batches), got ${ahead}`);
  }
  const crop = augmentations[augment];
  if (!Object.hasOwn(augmentations, augment)) {
    throw new RangeError(`augment: expected 'pad-crop-flip' or 'none', got ${JSON.stringify(augment)}`);
  }
  const order = epochOrder(dataset.size, { seed, epoch });
  const table = normalisationTable(dataset);
  // eslint-disable-next-line @typescript-eslint/require-await -- data sets that decode will wait here
  async function* batches(): AsyncGenerator<Batch, void, undefined> {
    for (let step = startStep; step < steps; step++) {
      const keys = Array.from(order.subarray(step * batchSize, (step + 1) * batchSize));
      yield makeBatch(dataset, keys, { epoch, step }, table, (sampleKey) => crop({ seed, epoch, sampleKey }));
    }
  }
  return { [Symbol.asyncIterator]: () => (ahead === 0 ? batches() : prefetch(batches(), ahead)) };
}

const augmentations = { 'pad-crop-flip': cropFlip, none: () => wholeImage } as const;
