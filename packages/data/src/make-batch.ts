import { type CropFlip, PAD_PX } from './augmentation.js';
import type { Batch } from './batch.js';
import type { ImageDataset } from './image-dataset.js';
import { writeSample } from './write-sample.js';

/** The crop that leaves an image as it is. */
export const wholeImage: CropFlip = { topPx: PAD_PX, leftPx: PAD_PX, flipped: false };

/**
 * Reads the images of `sampleKeys` into one batch.
 *
 * @param table - `normalisationTable(dataset)`, made once by the caller.
 * @param crop - the crop of each image, by its index.
 * @throws RangeError if the data set returns an image of another size or a label out of range, naming the image.
 */
export function makeBatch(
  dataset: ImageDataset,
  sampleKeys: number[],
  at: { readonly epoch: number; readonly step: number },
  table: Float32Array,
  crop: (sampleKey: number) => CropFlip,
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
    writeSample(images, row * imageBytes, pixels, imageSizePx, table, crop(key));
    labels[row] = checked(dataset, 'label', key, dataset.label(key), dataset.classes);
    categories[row] = checked(dataset, 'category', key, dataset.category(key), dataset.categories);
  }
  return { images, shape: [count, imageSizePx, imageSizePx, 3], labels, categories, sampleKeys, ...at };
}

// a label out of range would become a row of zeros in a one-hot tensor, silently
function checked(dataset: ImageDataset, what: string, key: number, value: number, end: number): number {
  if (Number.isInteger(value) && value >= 0 && value < end) return value;
  throw new RangeError(
    `${what} of image ${key} of ${dataset.name} (${dataset.split}): expected an integer from 0 to ${end - 1}, got ${value}`,
  );
}
