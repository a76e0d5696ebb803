import { sampleImage } from './decode-image.js';
import type { Normalisation } from '../labelled-images.js';
import type { ViewOf } from './image-view.js';
import type { ByteScaling } from './sample-image.js';

/**
 * The customary channel means and deviations of ImageNet's training images.
 *
 * @see torchvision's reference recipes; `mean=[0.485, 0.456, 0.406]`, `std=[0.229, 0.224, 0.225]`.
 */
export const imagenetNormalisation: Normalisation = {
  channelMeans: [0.485, 0.456, 0.406],
  channelDeviations: [0.229, 0.224, 0.225],
};

/** One image of a batch. */
export interface EncodedImage {
  /** The file's content. */
  readonly bytes: Uint8Array;
  /** The file's name, for messages. */
  readonly file: string;
  /** The view to decode. */
  readonly viewOf: ViewOf;
}

/**
 * Decodes one image into its row of a batch `[B, S, S, 3]`, normalised: (byte / 255 − mean) / deviation.
 *
 * @param batch - floats of the whole batch.
 * @param row - the image's row in the batch.
 * @param sizePx - S: the width and height that the view must give.
 * @throws DataError, DmnnError `DMNN_IMAGE_LIBRARY`, as `decodeImage`. RangeError if the view has another size, the
 * row does not fit into the batch, or a channel mean or deviation is out of range.
 */
export async function fillImage(
  batch: Float32Array,
  row: number,
  sizePx: number,
  image: EncodedImage,
  normalisation: Normalisation = imagenetNormalisation,
): Promise<void> {
  const values = sizePx * sizePx * 3;
  if (!Number.isInteger(row) || row < 0 || (row + 1) * values > batch.length) {
    throw new RangeError(
      `row: expected an image of ${values} floats inside the batch's ${batch.length}, got row ${row}`,
    );
  }
  const { bytes, viewOf, file } = image;
  await sampleImage(bytes, viewOf, file, scalingOf(normalisation), (sampled) => {
    const { widthPx, heightPx } = sampled.view.window;
    if (widthPx !== sizePx || heightPx !== sizePx) {
      throw new RangeError(`viewOf: expected ${sizePx} × ${sizePx} pixels, got ${widthPx} × ${heightPx}`);
    }
    batch.set(sampled.values, row * values);
  });
}

/**
 * A batch `[B, S, S, 3]` of images, decoded one after the other on this thread, normalised.
 *
 * @throws DataError, DmnnError `DMNN_IMAGE_LIBRARY`, RangeError, as `fillImage`.
 */
export async function imageBatch(
  images: readonly EncodedImage[],
  sizePx: number,
  normalisation: Normalisation = imagenetNormalisation,
): Promise<Float32Array> {
  const batch = new Float32Array(images.length * sizePx * sizePx * 3);
  for (const [row, image] of images.entries()) {
    await fillImage(batch, row, sizePx, image, normalisation);
  }
  return batch;
}

/** The scaling of bytes that normalises them. @throws RangeError if a channel mean or deviation is out of range */
export function scalingOf({ channelMeans, channelDeviations }: Normalisation): ByteScaling {
  const channels = [0, 1, 2].map((channel) => {
    const mean = channelMeans[channel] ?? Number.NaN;
    const deviation = channelDeviations[channel] ?? Number.NaN;
    if (!Number.isFinite(mean)) {
      throw new RangeError(`channelMeans[${channel}]: expected a finite number, got ${mean}`);
    }
    if (!(deviation > 0 && deviation < Infinity)) {
      throw new RangeError(`channelDeviations[${channel}]: expected a finite number > 0, got ${deviation}`);
    }
    return { scale: 1 / (255 * deviation), offset: -mean / deviation };
  });
  return { scale: channels.map(({ scale }) => scale), offset: channels.map(({ offset }) => offset) };
}
