import type { Batch, SkippedImage } from './batch.js';
import { DataError } from '../data-error.js';
import type { BatchView, Dataset, ImageRows } from '../dataset.js';
import { type BatchPlace, labelledBatch } from './make-batch.js';

/** A data set that makes the images of a batch itself, through `images`. */
export interface BatchingDataset extends Dataset {
  images: NonNullable<Dataset['images']>;
}

/** Whether a data set makes the images of a batch itself. */
export function makesBatches(dataset: Dataset): dataset is BatchingDataset {
  return dataset.images !== undefined;
}

/** Consecutive damaged images after which the search gives up. */
const MOST_TRIES = 32;

/**
 * A batch in which each damaged image is replaced by the next intact image of the data set.
 *
 * @throws DataError if too many consecutive images are damaged
 */
export async function trainingBatch(
  dataset: BatchingDataset,
  keys: readonly number[],
  at: BatchPlace,
  view: BatchView,
): Promise<Batch> {
  const { images, damaged } = await rowsOf(dataset, keys, view);
  const sampleKeys = [...keys];
  const skipped: SkippedImage[] = [];
  for (const { row, problem } of damaged) {
    const first = { index: keys[row] as number, problem };
    const standIn = await standInFor(first, dataset, view, skipped);
    images.set(standIn.image, row * standIn.image.length);
    sampleKeys[row] = standIn.key;
  }
  return withSkipped(labelledBatch(dataset, images, sampleKeys, at), skipped);
}

/** An evaluation batch: images without augmentation, damaged ones left out. */
export async function evaluationBatch(
  dataset: BatchingDataset,
  keys: readonly number[],
  at: BatchPlace,
): Promise<Batch> {
  const { images, damaged } = await rowsOf(dataset, keys, { kind: 'evaluation' });
  if (damaged.length === 0) return labelledBatch(dataset, images, [...keys], at);
  const without = new Set(damaged.map(({ row }) => row));
  const intact = keys.map((_, row) => row).filter((row) => !without.has(row));
  const values = dataset.imageSizePx ** 2 * 3;
  const kept = new Float32Array(intact.length * values);
  for (const [to, from] of intact.entries()) {
    kept.set(images.subarray(from * values, (from + 1) * values), to * values);
  }
  const sampleKeys = intact.map((row) => keys[row] as number);
  const skipped = damaged.map(({ row, problem }) => ({ index: keys[row] as number, problem }));
  return withSkipped(labelledBatch(dataset, kept, sampleKeys, at), skipped);
}

/** The next intact image after a damaged one; adds the damaged ones on the way to the list. */
async function standInFor(
  first: SkippedImage,
  dataset: BatchingDataset,
  view: BatchView,
  skipped: SkippedImage[],
): Promise<{ key: number; image: Float32Array }> {
  const { size } = dataset;
  let last = first;
  skipped.push(first);
  for (let step = 1; step <= MOST_TRIES && step < size; step++) {
    const key = (first.index + step) % size;
    const { images, damaged } = await rowsOf(dataset, [key], view);
    const [failure] = damaged;
    if (!failure) return { key, image: images };
    last = { index: key, problem: failure.problem };
    skipped.push(last);
  }
  throw new DataError({
    ...last.problem,
    got: `${last.problem.got}, as are all before it from ${first.problem.file} on`,
    remedy: 'Check the source of the images: none of those that follow is intact.',
  });
}

/** The images of a batch. @throws RangeError if the data set returns the wrong number of values */
async function rowsOf(
  dataset: BatchingDataset,
  keys: readonly number[],
  view: BatchView,
): Promise<ImageRows> {
  const { channelMeans, channelDeviations, imageSizePx } = dataset;
  const rows = await dataset.images({
    indices: keys,
    sampleKeys: keys,
    view,
    normalisation: { channelMeans: [...channelMeans], channelDeviations: [...channelDeviations] },
  });
  const values = keys.length * imageSizePx ** 2 * 3;
  if (rows.images.length === values) return rows;
  throw new RangeError(
    `images of ${dataset.name} (${dataset.split}): expected ${values} values (${keys.length} × ${imageSizePx} × ${imageSizePx} × 3), got ${rows.images.length}`,
  );
}

function withSkipped(batch: Batch, skipped: readonly SkippedImage[]): Batch {
  return skipped.length > 0 ? { ...batch, skipped } : batch;
}
