import { cropFlip } from './batches/crop-flip.js';
import { normalisationTable } from './batches/normalisation.js';
import { writeSample } from './batches/write-sample.js';
import { DataError } from './data-error.js';
import type { BatchView, Dataset, ImageRows, ImagesRequest } from './dataset.js';
import type { ViewOptions } from './decoding/decode-rows.js';
import { evaluationView } from './decoding/image-view.js';
import { ImageDecoder } from './decoding/image-decoder.js';
import type { ImageFiles } from './image-files.js';
import type { Normalisation } from './labelled-images.js';

/** Size and decoding of the square images. */
export interface ImageFileDatasetOptions {
  /** Width and height. Default 224. */
  readonly sizePx?: number | undefined;
  /** Length of the shorter side after resizing in evaluation. Default: 256 for 224, and in that ratio. */
  readonly shorterSidePx?: number | undefined;
  /** Whether large training crops may be decoded at a reduced size. Default true. */
  readonly reducedDecoding?: boolean | undefined;
  /**
   * Whether `pad-crop-flip`, the augmentation of small images, is offered too: of the evaluation view. Default false.
   */
  readonly padCropFlip?: boolean | undefined;
  /** The decoder; share it between training and test data. Default: a new one. */
  readonly decoder?: ImageDecoder | undefined;
}

/** Number of images per request to a thread. */
const CHUNK = 8;
/** Values of 0…1. */
const unchanged: Normalisation = { channelMeans: [0, 0, 0], channelDeviations: [1, 1, 1] };

/**
 * Turns image files of any size into a data set for training and evaluation. They are decoded on worker threads: with
 * `trainingView` for `random-resized-crop`, with `evaluationView` for `none` and in evaluation.
 *
 * The content of a batch depends on the images and on seed, epoch, step and batch size, but not on threads and
 * timing. A damaged image is left out in evaluation; in training it is replaced by the next intact image of the data
 * set. `Batch.skipped` reports them. An image that cannot be read at all is an error, because the cause may be
 * temporary.
 *
 * @throws RangeError if a size is out of range, or there is no image
 * @example
 * ```ts
 * import { DataError, ImageDecoder, openImagenet, imageFileDataset, trainingBatches } from '@dmnn/data';
 *
 * const decoder = new ImageDecoder();
 * try {
 *   const train = imageFileDataset(await openImagenet('/data/imagenet', 'train'), { sizePx: 160, decoder });
 *   const augment = 'random-resized-crop';
 *   for await (const batch of trainingBatches(train, { batchSize: 64, seed: 1, epoch: 0, augment })) {
 *     console.log(batch.shape.join('×')); // 64×160×160×3
 *     break;
 *   }
 * } catch (error) {
 *   if (!(error instanceof DataError)) throw error;
 *   console.log(error.file); // => /data/imagenet
 * }
 * ```
 */
export function imageFileDataset(files: ImageFiles, options: ImageFileDatasetOptions = {}): Dataset {
  const { sizePx = 224, reducedDecoding = true, padCropFlip = false, decoder = new ImageDecoder() } = options;
  const { shorterSidePx = Math.round((sizePx * 256) / 224) } = options;
  if (!Number.isInteger(sizePx) || sizePx < 1) {
    throw new RangeError(`sizePx: expected an integer ≥ 1 (pixels), got ${sizePx}`);
  }
  if (files.size < 1) throw new RangeError('files: expected at least one image, got none');
  evaluationView({ sizePx, shorterSidePx }); // throws if one is out of range
  const viewFor = (view: BatchView): ViewOptions =>
    view.kind === 'training' && view.augment === 'random-resized-crop'
      ? { kind: 'training', seed: view.seed, epoch: view.epoch, options: { sizePx, reducedDecoding } }
      : { kind: 'evaluation', options: { sizePx, shorterSidePx } };
  const decoded = (request: ImagesRequest): Promise<ImageRows> =>
    decodedRows(files, request, { decoder, sizePx, view: viewFor(request.view) });
  const images = async (request: ImagesRequest): Promise<ImageRows> => {
    const { view, sampleKeys, normalisation } = request;
    if (view.kind === 'evaluation' || view.augment !== 'pad-crop-flip') return decoded(request);
    const rows = await decoded({ ...request, normalisation: unchanged });
    return {
      ...rows,
      images: croppedAndFlipped(rows.images, { ...view, sampleKeys, sizePx, normalisation }),
    };
  };
  return {
    name: files.name,
    split: files.split,
    size: files.size,
    imageSizePx: sizePx,
    channels: 3,
    classes: files.classes,
    categories: files.categories,
    classNames: files.classNames,
    categoryNames: files.categoryNames,
    categoryGroups: files.categoryGroups,
    channelMeans: files.channelMeans,
    channelDeviations: files.channelDeviations,
    layout: files.layout,
    found: files.found,
    shorterSidePx,
    augmentations: padCropFlip
      ? ['random-resized-crop', 'pad-crop-flip', 'none']
      : ['random-resized-crop', 'none'],
    label: (index) => files.label(index),
    category: (index) => files.category(index),
    file: (index) => files.file(index),
    images,
    pixels: async (index) => {
      const view = { kind: 'evaluation' } as const;
      const rows = await images({ indices: [index], sampleKeys: [index], view, normalisation: unchanged });
      const [failure] = rows.damaged;
      if (failure) throw new DataError(failure.problem);
      return bytesOf(rows.images);
    },
  };
}

/** What decides about the crops of a batch. */
interface CroppedRows {
  readonly seed: number;
  readonly epoch: number;
  readonly sampleKeys: readonly number[];
  readonly sizePx: number;
  readonly normalisation: Normalisation;
}

/** Images of values from 0 to 1, as `pad-crop-flip` writes them. */
function croppedAndFlipped(
  whole: Float32Array,
  { seed, epoch, sampleKeys, sizePx, normalisation }: CroppedRows,
): Float32Array {
  const table = normalisationTable(normalisation);
  const values = sizePx ** 2 * 3;
  const images = new Float32Array(whole.length);
  for (const [row, sampleKey] of sampleKeys.entries()) {
    const bytes = bytesOf(whole.subarray(row * values, (row + 1) * values));
    writeSample(images, row * values, bytes, sizePx, table, cropFlip({ seed, epoch, sampleKey }));
  }
  return images;
}

/** Bytes of values from 0 to 1. */
function bytesOf(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => Math.round(255 * value));
}

interface Decoding {
  readonly decoder: ImageDecoder;
  readonly sizePx: number;
  readonly view: ViewOptions;
}

/** Decodes the images of a batch, a few per request to the decoder. */
async function decodedRows(
  files: ImageFiles,
  { indices, sampleKeys, normalisation }: ImagesRequest,
  { decoder, sizePx, view }: Decoding,
): Promise<ImageRows> {
  const values = sizePx ** 2 * 3;
  const images = new Float32Array(indices.length * values);
  const firsts = Array.from({ length: Math.ceil(indices.length / CHUNK) }, (_, chunk) => chunk * CHUNK);
  const parts = await Promise.all(
    firsts.map(async (first) => {
      const encoded = await Promise.all(
        indices.slice(first, first + CHUNK).map(async (index, at) => ({
          file: files.file(index),
          sampleKey: sampleKeys[first + at] as number,
          content: files.place?.(index) ?? (await files.read(index)),
        })),
      );
      const decoded = await decoder.decode({ files: encoded, sizePx, normalisation, view });
      images.set(decoded.images, first * values);
      return decoded.damaged.map(({ row, problem }) => ({ row: first + row, problem }));
    }),
  );
  return { images, damaged: parts.flat() };
}
