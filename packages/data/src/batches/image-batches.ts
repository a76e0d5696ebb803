import type { Batch } from './batch.js';
import { type ShuffledBatchesOptions, orderedBatches, shuffledBatches } from './draw-batches.js';
import { type EvaluationViewOptions, evaluationView } from '../decoding/evaluation-view.js';
import { fillImage } from '../decoding/fill-image.js';
import type { ImageFiles } from '../image-files.js';
import type { ViewOf } from '../decoding/image-view.js';
import { type TrainingViewOptions, trainingView } from '../decoding/training-view.js';

/** What to draw, and how. */
export interface ImageTrainingOptions extends ShuffledBatchesOptions, TrainingViewOptions {}

/** How to draw. */
export interface ImageEvaluationOptions extends EvaluationViewOptions {
  /** Images in a batch; the last may hold fewer. */
  readonly batchSize: number;
  /** Batches held ready while the network computes; 0 for none. Default 2. */
  readonly prefetch?: number;
}

/**
 * The batches of one training epoch, shuffled: random crops of 8 to 100 % of the area, resized to `sizePx`, flipped
 * half the time. Which images come in step s depends on the seed, the epoch, the batch size and s; how one is
 * cropped on the seed, the epoch and its index only.
 *
 * Decodes on this thread.
 *
 * @throws RangeError on arguments out of range, at the call. DataError and errors of the data set reach the loop.
 * @see DMNN §4.1 (ImageNet): random-size crop of 224 × 224, random flip.
 */
export function imageTrainingBatches(
  dataset: ImageFiles,
  options: ImageTrainingOptions,
): AsyncIterable<Batch> {
  const { seed, sizePx = 224 } = options;
  assertSize(sizePx);
  return shuffledBatches(dataset.size, options, (keys, at) =>
    makeImageBatch(dataset, keys, at, sizePx, (sampleKey) =>
      trainingView({ seed, epoch: at.epoch, sampleKey }, options),
    ),
  );
}

/**
 * Every image exactly once, in order: shorter side resized to 256, middle 224 × 224, unless told otherwise.
 *
 * Decodes on this thread.
 *
 * @throws RangeError on arguments out of range, at the call. DataError and errors of the data set reach the loop.
 */
export function imageEvaluationBatches(
  dataset: ImageFiles,
  options: ImageEvaluationOptions,
): AsyncIterable<Batch> {
  const { sizePx = 224 } = options;
  const viewOf = evaluationView(options);
  return orderedBatches(dataset.size, options, (keys, at) =>
    makeImageBatch(dataset, keys, at, sizePx, () => viewOf),
  );
}

async function makeImageBatch(
  dataset: ImageFiles,
  sampleKeys: number[],
  at: { readonly epoch: number; readonly step: number },
  sizePx: number,
  viewOf: (sampleKey: number) => ViewOf,
): Promise<Batch> {
  const images = new Float32Array(sampleKeys.length * sizePx * sizePx * 3);
  for (const [row, key] of sampleKeys.entries()) {
    const image = { bytes: await dataset.read(key), file: dataset.file(key), viewOf: viewOf(key) };
    await fillImage(images, row, sizePx, image, dataset);
  }
  return {
    images,
    shape: [sampleKeys.length, sizePx, sizePx, 3],
    labels: Int32Array.from(sampleKeys, (key) => dataset.label(key)),
    categories: Int32Array.from(sampleKeys, (key) => dataset.category(key)),
    sampleKeys,
    ...at,
  };
}

function assertSize(sizePx: number): void {
  if (!Number.isInteger(sizePx) || sizePx < 1) {
    throw new RangeError(`sizePx: expected an integer ≥ 1 (pixels), got ${sizePx}`);
  }
}
