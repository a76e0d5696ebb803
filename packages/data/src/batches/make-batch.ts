import type { Batch } from './batch.js';
import type { Dataset } from '../dataset.js';
import type { LabelledImages } from '../labelled-images.js';

/** Writes one image, augmented and normalised, to its place in the batch, starting at float `offset`. */
export type WriteImage = (
  images: Float32Array,
  offset: number,
  pixels: Uint8Array,
  sampleKey: number,
) => void;

/**
 * Reads the images of `sampleKeys` into one batch; if `pixels` returns promises, all images of the batch are
 * requested at once.
 *
 * @throws RangeError if the data set returns an image of the wrong size or a label out of range; the message names
 * the image.
 */
export function makeBatch(
  dataset: Dataset,
  sampleKeys: number[],
  at: BatchPlace,
  write: WriteImage,
): Batch | Promise<Batch> {
  const { imageSizePx } = dataset;
  const imageBytes = imageSizePx * imageSizePx * 3;
  const images = new Float32Array(sampleKeys.length * imageBytes);
  const batch = labelledBatch(dataset, images, sampleKeys, at);
  const take = (row: number, key: number, pixels: Uint8Array): void => {
    if (pixels.length !== imageBytes) {
      throw new RangeError(
        `image ${key} of ${dataset.name} (${dataset.split}): expected ${imageBytes} bytes (${imageSizePx} × ${imageSizePx} × 3), got ${pixels.length}`,
      );
    }
    write(images, row * imageBytes, pixels, key);
  };
  const later: Promise<void>[] = [];
  for (const [row, key] of sampleKeys.entries()) {
    const pixels = dataset.pixels(key);
    if (pixels instanceof Uint8Array) take(row, key, pixels);
    else
      later.push(
        Promise.resolve(pixels).then((read) => {
          take(row, key, read);
        }),
      );
  }
  return later.length === 0 ? batch : Promise.all(later).then(() => batch);
}

/** The position of a batch in training. */
export type BatchPlace = Pick<Batch, 'epoch' | 'step'>;

/** Images with their labels. @throws RangeError if a label is out of range; the message names the image */
export function labelledBatch(
  dataset: Dataset,
  images: Float32Array,
  sampleKeys: number[],
  at: BatchPlace,
): Batch {
  const { imageSizePx } = dataset;
  return {
    images,
    shape: [sampleKeys.length, imageSizePx, imageSizePx, 3],
    labels: Int32Array.from(sampleKeys, (key) => labelOf(dataset, key)),
    categories: Int32Array.from(sampleKeys, (key) => categoryOf(dataset, key)),
    sampleKeys,
    ...at,
  };
}

/** The class of an image. @throws RangeError if it is out of range */
function labelOf(dataset: LabelledImages, key: number): number {
  return checked(dataset, 'label', key, dataset.label(key), dataset.classes);
}

/** The category of an image. @throws RangeError if it is out of range */
function categoryOf(dataset: LabelledImages, key: number): number {
  return checked(dataset, 'category', key, dataset.category(key), dataset.categories);
}

// a label out of range would become a row of zeros in a one-hot tensor, silently
function checked(dataset: LabelledImages, what: string, key: number, value: number, end: number): number {
  if (Number.isInteger(value) && value >= 0 && value < end) return value;
  throw new RangeError(
    `${what} of image ${key} of ${dataset.name} (${dataset.split}): expected an integer from 0 to ${end - 1}, got ${value}`,
  );
}
