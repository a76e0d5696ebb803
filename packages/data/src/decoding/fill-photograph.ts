import { samplePhotograph } from './decode-photograph.js';
import type { ImageDataset } from '../image-dataset.js';
import type { PhotographReading } from './photograph-view.js';
import type { ByteScaling } from './sample-photograph.js';

/** By what images are normalised: of red, green and blue, of values in 0…1. */
export type ChannelStatisticsOf = Pick<ImageDataset, 'channelMeans' | 'channelDeviations'>;

/**
 * Means and deviations of ImageNet's training photographs, the ones that everybody uses.
 *
 * @see torchvision's reference recipes; `mean=[0.485, 0.456, 0.406]`, `std=[0.229, 0.224, 0.225]`.
 */
export const imagenetStatistics: ChannelStatisticsOf = {
  channelMeans: [0.485, 0.456, 0.406],
  channelDeviations: [0.229, 0.224, 0.225],
};

/** One photograph of a batch. */
export interface PhotographSource {
  /** The file's content. */
  readonly bytes: Uint8Array;
  /** The file's name, for messages. */
  readonly file: string;
  /** What is wanted of it. */
  readonly reading: PhotographReading;
}

/**
 * Decodes one photograph into its place of a batch `[B, S, S, 3]`, normalised: (byte / 255 − mean) / deviation.
 *
 * @param batch - floats of the whole batch.
 * @param row - which image of the batch it becomes.
 * @param sizePx - S: what the reading gives must be of that width and height.
 * @throws DataError, ImageLibraryError, as `decodePhotograph`. RangeError if what comes out has another size or does
 * not fit into the batch, or a statistic is no number.
 */
export async function fillPhotograph(
  batch: Float32Array,
  row: number,
  sizePx: number,
  photograph: PhotographSource,
  statistics: ChannelStatisticsOf = imagenetStatistics,
): Promise<void> {
  const values = sizePx * sizePx * 3;
  if (!Number.isInteger(row) || row < 0 || (row + 1) * values > batch.length) {
    throw new RangeError(
      `row: expected an image of ${values} floats inside the batch's ${batch.length}, got row ${row}`,
    );
  }
  const { bytes, reading, file } = photograph;
  await samplePhotograph(bytes, reading, file, scalingOf(statistics), (sampled) => {
    const { widthPx, heightPx } = sampled.view.window;
    if (widthPx !== sizePx || heightPx !== sizePx) {
      throw new RangeError(`reading: expected ${sizePx} × ${sizePx} pixels, got ${widthPx} × ${heightPx}`);
    }
    batch.set(sampled.values, row * values);
  });
}

/**
 * A batch `[B, S, S, 3]` of photographs, decoded one after the other on this thread, normalised.
 *
 * @throws DataError, ImageLibraryError, RangeError, as `fillPhotograph`.
 */
export async function photographBatch(
  photographs: readonly PhotographSource[],
  sizePx: number,
  statistics: ChannelStatisticsOf = imagenetStatistics,
): Promise<Float32Array> {
  const batch = new Float32Array(photographs.length * sizePx * sizePx * 3);
  for (const [row, photograph] of photographs.entries()) {
    await fillPhotograph(batch, row, sizePx, photograph, statistics);
  }
  return batch;
}

/** How bytes are normalised. @throws RangeError if a statistic is no number */
export function scalingOf({ channelMeans, channelDeviations }: ChannelStatisticsOf): ByteScaling {
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
