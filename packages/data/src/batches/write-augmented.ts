import { type CropFlip, PAD_PX, cropFlip } from './crop-flip.js';
import type { TrainingBatchesOptions } from './batches-options.js';
import { scalingOf } from '../decoding/fill-image.js';
import type { Dataset } from '../dataset.js';
import type { WriteImage } from './make-batch.js';
import { normalisationTable } from './normalisation.js';
import { samplePixels } from '../decoding/sample-image.js';
import { trainingView } from '../decoding/training-view.js';
import { writeSample } from './write-sample.js';

/** The crop that leaves an image as it is. */
const wholeImage: CropFlip = { topPx: PAD_PX, leftPx: PAD_PX, flipped: false };

/** Writes images without augmentation. @throws RangeError if a channel mean or deviation is out of range */
export function writeWhole(dataset: Dataset): WriteImage {
  const table = normalisationTable(dataset);
  return (images, offset, pixels) => {
    writeSample(images, offset, pixels, dataset.imageSizePx, table, wholeImage);
  };
}

/**
 * Writes images as they are augmented in an epoch.
 *
 * @throws RangeError if a channel mean or deviation is out of range
 */
export function writeAugmented(
  dataset: Dataset,
  { augment, seed, epoch }: Pick<TrainingBatchesOptions, 'augment' | 'seed' | 'epoch'>,
): WriteImage {
  const { imageSizePx } = dataset;
  switch (augment) {
    case 'none':
      return writeWhole(dataset);
    case 'pad-crop-flip': {
      const table = normalisationTable(dataset);
      return (images, offset, pixels, sampleKey) => {
        const crop = cropFlip({ seed, epoch, sampleKey });
        writeSample(images, offset, pixels, imageSizePx, table, crop);
      };
    }
    case 'random-resized-crop': {
      const scaling = scalingOf(dataset);
      const size = { widthPx: imageSizePx, heightPx: imageSizePx };
      return (images, offset, pixels, sampleKey) => {
        const viewOf = trainingView({ seed, epoch, sampleKey }, { sizePx: imageSizePx });
        images.set(samplePixels({ bytes: pixels, ...size }, viewOf, scaling).values, offset);
      };
    }
  }
}
