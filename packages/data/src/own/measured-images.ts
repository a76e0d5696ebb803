import { DataError } from '../data-error.js';
import { ChannelCounter } from '../cifar/channel-statistics.js';
import type { Dataset } from '../dataset.js';
import { type ViewOf, evaluationView } from '../decoding/image-view.js';
import { decodeImage } from '../decoding/decode-image.js';
import type { ImageFiles } from '../image-files.js';
import type { Normalisation } from '../labelled-images.js';

/** Images whose sizes are looked at. */
const MEASURED = 64;
/** Images whose pixels are counted, and how many of them at a time. */
const COUNTED = 512;
const AT_A_TIME = 32;
/** Sizes that networks for photographs are trained at. */
const USUAL_SIZES_PX = [224, 192, 160, 128, 96] as const;
/** Up to this size images are taken as they are: those of CIFAR have 32 pixels, of Tiny ImageNet 64. */
const SMALL_PX = 64;
/** A channel of one colour, which must not be divided by zero. */
const LEAST_DEVIATION = 1 / 255;

/** The size at which images are trained on, and why. */
export interface MeasuredSize {
  /** Width and height. */
  readonly sizePx: number;
  /** As `imageFileDataset` takes it: small images are used whole, of others the middle. */
  readonly shorterSidePx: number;
  /** `median of the shorter sides of 64 images: 375 pixels` */
  readonly because: string;
}

/**
 * Chooses the size at which images are trained on from their own: that of small images themselves (up to 64 pixels), of
 * others the largest of 224, 192, 160, 128 and 96 that the median shorter side has. Up to 64 images are looked at, at even
 * distances; damaged ones are passed over.
 *
 * @throws DataError if all of them are damaged or one cannot be read
 */
export async function measuredSize(files: ImageFiles): Promise<MeasuredSize> {
  const sides: number[] = [];
  let failure: unknown;
  for (const index of evenly(files.size, MEASURED)) {
    try {
      const { original } = await decodeImage(await files.read(index), smallest, files.file(index));
      sides.push(Math.min(original.widthPx, original.heightPx));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      failure = error;
    }
  }
  const median = sides.sort((a, b) => a - b)[(sides.length - 1) >> 1];
  if (median === undefined) throw failure;
  const because = `median of the shorter sides of ${sides.length} ${sides.length === 1 ? 'image' : 'images'}: ${median} pixels`;
  const sizePx = USUAL_SIZES_PX.find((size) => size <= median) ?? Math.max(8, Math.min(median, SMALL_PX));
  const isSmall = median <= SMALL_PX;
  return { sizePx, shorterSidePx: isSmall ? sizePx : Math.round((sizePx * 256) / 224), because };
}

/**
 * Mean and deviation of the channels over training images, as the evaluation sees them: of up to 512 at even distances,
 * rounded to four digits. Damaged images are passed over.
 *
 * @throws DataError if all of them are damaged or one cannot be read
 */
export async function measuredNormalisation(dataset: Dataset): Promise<Normalisation> {
  const counter = new ChannelCounter();
  const indices = evenly(dataset.size, COUNTED);
  let counted = 0;
  let failure: DataError | undefined;
  const values = dataset.imageSizePx ** 2 * 3;
  for (let first = 0; first < indices.length; first += AT_A_TIME) {
    const some = indices.slice(first, first + AT_A_TIME);
    if (!dataset.images) {
      for (const pixels of await Promise.all(some.map(async (index) => dataset.pixels(index))))
        counter.add(pixels);
      counted += some.length;
      continue;
    }
    const { images, damaged } = await dataset.images({
      indices: some,
      sampleKeys: some,
      view: { kind: 'evaluation' },
      normalisation: { channelMeans: [0, 0, 0], channelDeviations: [1, 1, 1] },
    });
    const isDamaged = new Set(damaged.map(({ row }) => row));
    failure ??= damaged[0] && new DataError(damaged[0].problem);
    for (const row of some.keys()) {
      if (isDamaged.has(row)) continue;
      const pixels = images.subarray(row * values, (row + 1) * values);
      counter.add(Uint8Array.from(pixels, (value) => Math.round(255 * value)));
      counted++;
    }
  }
  if (counted === 0 && failure) throw failure;
  const { means, deviations } = counter.statistics();
  const rounded = (value: number): number => Number(value.toFixed(4));
  return {
    channelMeans: means.map(rounded),
    channelDeviations: deviations.map((value) => rounded(Math.max(LEAST_DEVIATION, value))),
  };
}

/** One pixel of the whole image: its size is all that is asked for. */
const smallest: ViewOf = (size) => ({
  ...evaluationView({ sizePx: 1, shorterSidePx: 1 })(size),
  reducedDecoding: true,
});

function evenly(size: number, most: number): number[] {
  const count = Math.min(size, most);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count));
}
