import type { Batch } from './batch.js';
import type { InMemoryDataset } from '../in-memory-dataset.js';

/** Writes an image, changed and normalised, to its place of the batch, which begins at float `offset`. */
export type WriteImage = (
  images: Float32Array,
  offset: number,
  pixels: Uint8Array,
  sampleKey: number,
) => void;

/**
 * Reads the images of `sampleKeys` into one batch.
 *
 * @throws RangeError if the data set returns an image of another size or a label out of range, naming the image.
 */
export function makeBatch(
  dataset: InMemoryDataset,
  sampleKeys: number[],
  at: { readonly epoch: number; readonly step: number },
  write: WriteImage,
): Batch {
  const { imageSizePx } = dataset;
  const count = sampleKeys.length;
  const imageBytes = imageSizePx * imageSizePx * 3;
  const images = new Float32Array(count * imageBytes);
  const labels = new Int32Array(count);
  const categories = new Int32Array(count);
  for (const [row, key] of sampleKeys.entries()) {
    const pixels = dataset.pixels(key);
    if (pixels.length !== imageBytes) {
      throw new RangeError(
        `image ${key} of ${dataset.name} (${dataset.split}): expected ${imageBytes} bytes (${imageSizePx} × ${imageSizePx} × 3), got ${pixels.length}`,
      );
    }
    write(images, row * imageBytes, pixels, key);
    labels[row] = labelOf(dataset, key);
    categories[row] = categoryOf(dataset, key);
  }
  return { images, shape: [count, imageSizePx, imageSizePx, 3], labels, categories, sampleKeys, ...at };
}

type Labels = Pick<InMemoryDataset, 'name' | 'split' | 'label' | 'category' | 'classes' | 'categories'>;

/** The class of an image. @throws RangeError if it is none */
export function labelOf(dataset: Labels, key: number): number {
  return checked(dataset, 'label', key, dataset.label(key), dataset.classes);
}

/** The category of an image. @throws RangeError if it is none */
export function categoryOf(dataset: Labels, key: number): number {
  return checked(dataset, 'category', key, dataset.category(key), dataset.categories);
}

// a label out of range would become a row of zeros in a one-hot tensor, silently
function checked(dataset: Labels, what: string, key: number, value: number, end: number): number {
  if (Number.isInteger(value) && value >= 0 && value < end) return value;
  throw new RangeError(
    `${what} of image ${key} of ${dataset.name} (${dataset.split}): expected an integer from 0 to ${end - 1}, got ${value}`,
  );
}
