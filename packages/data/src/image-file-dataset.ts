import type { Batch, SkippedImage } from './batches/batch.js';
import type { EvaluationBatchesOptions, TrainingBatchesOptions } from './batches/batches-options.js';
import { DataError } from './data-error.js';
import type { DecodeRequest, DecodedRows, ViewOptions } from './decoding/decode-rows.js';
import { orderedBatches, shuffledBatches } from './batches/draw-batches.js';
import { evaluationView } from './decoding/evaluation-view.js';
import type { InMemoryDataset } from './in-memory-dataset.js';
import { categoryOf, labelOf } from './batches/make-batch.js';
import type { ImageFiles } from './image-files.js';
import { ImageDecoder } from './decoding/image-decoder.js';

/** Image files of any size that come as squares of one: what `trainingBatches` and a trainer take. */
export interface ImageFileDataset extends Omit<InMemoryDataset, 'pixels' | 'difficulty'> {
  /** The files. */
  readonly files: ImageFiles;
  /** As the function of that name, which calls it. */
  trainingBatches(options: TrainingBatchesOptions): AsyncIterable<Batch>;
  /** As the function of that name, which calls it. */
  evaluationBatches(options: EvaluationBatchesOptions): AsyncIterable<Batch>;
  /** Squares of other images, made in the same way by the same decoder. */
  datasetOf(files: ImageFiles): ImageFileDataset;
}

/** What the squares are. */
export interface ImageFileDatasetOptions {
  /** Width and height. Default 224. */
  readonly sizePx?: number;
  /** What the shorter side is resized to in evaluation. Default: 256 for 224, and in that ratio. */
  readonly shorterSidePx?: number;
  /** Whether large training crops may be decoded at a reduced size. Default true. */
  readonly reducedDecoding?: boolean;
  /** What decodes; to be shared by training and test data. Default: one of its own. */
  readonly decoder?: ImageDecoder;
}

/** Images that a thread is given at a time. */
const CHUNK = 8;
/** Damaged images in a row after which no further one is tried. */
const MOST_TRIES = 32;

/**
 * Makes image files of any size a data set that a network can be trained on. They are decoded in threads: training with
 * `random-resized-crop` as `trainingView` has it, evaluation and `none` with `evaluationView`.
 *
 * What a batch holds depends on the images and on seed, epoch, step and batch size, not on threads and timing. A
 * damaged image is left out in evaluation; in training the next intact one of the data set stands in for it.
 * `Batch.skipped` tells of them. What cannot be read at all is an error: the disk's fault, which may pass.
 *
 * @throws RangeError if a size is out of range
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
export function imageFileDataset(files: ImageFiles, options: ImageFileDatasetOptions = {}): ImageFileDataset {
  const { sizePx = 224, reducedDecoding = true, decoder = new ImageDecoder() } = options;
  const { shorterSidePx = Math.round((sizePx * 256) / 224) } = options;
  if (!Number.isInteger(sizePx) || sizePx < 1) {
    throw new RangeError(`sizePx: expected an integer ≥ 1 (pixels), got ${sizePx}`);
  }
  evaluationView({ sizePx, shorterSidePx }); // refuses what is out of range
  const source = new BatchSource(files, sizePx, decoder);
  const evaluation: ViewOptions = { kind: 'evaluation', options: { sizePx, shorterSidePx } };
  const viewFor = ({ augment, seed, epoch }: TrainingBatchesOptions): ViewOptions => {
    if (augment === 'none') return evaluation;
    if (augment === 'random-resized-crop') {
      return { kind: 'training', seed, epoch, options: { sizePx, reducedDecoding } };
    }
    throw new RangeError(
      `augment: expected 'random-resized-crop' or 'none' for image files, got ${JSON.stringify(augment)}`,
    );
  };
  const { name, split, size, classes, categories, classNames, categoryNames } = files;
  const { categoryGroups, channelMeans, channelDeviations } = files;
  return {
    files,
    name,
    split,
    size,
    imageSizePx: sizePx,
    channels: 3,
    classes,
    categories,
    classNames,
    categoryNames,
    ...(categoryGroups && { categoryGroups }),
    channelMeans,
    channelDeviations,
    label: (index) => files.label(index),
    category: (index) => files.category(index),
    trainingBatches: (asked) => {
      const view = viewFor(asked);
      return shuffledBatches(size, { ...asked, together: true }, async (keys, at) =>
        source.trainingBatch(keys, at, view),
      );
    },
    evaluationBatches: (asked) =>
      orderedBatches(size, { ...asked, together: true }, async (keys, at) =>
        source.evaluationBatch(keys, at, evaluation),
      ),
    datasetOf: (others) => imageFileDataset(others, { sizePx, shorterSidePx, reducedDecoding, decoder }),
  };
}

type BatchPlace = Pick<Batch, 'epoch' | 'step'>;

/** Batches of one data set's images. */
class BatchSource {
  readonly #dataset: ImageFiles;
  readonly #sizePx: number;
  readonly #decoder: ImageDecoder;

  constructor(dataset: ImageFiles, sizePx: number, decoder: ImageDecoder) {
    this.#dataset = dataset;
    this.#sizePx = sizePx;
    this.#decoder = decoder;
  }

  async trainingBatch(keys: readonly number[], at: BatchPlace, view: ViewOptions): Promise<Batch> {
    const { images, damaged } = await this.#decode(keys, view);
    const sampleKeys = [...keys];
    const skipped: SkippedImage[] = [];
    for (const { row, problem } of damaged) {
      skipped.push({ index: keys[row] as number, problem });
      sampleKeys[row] = await this.#standIn(keys[row] as number, view, skipped, (image) => {
        images.set(image, row * image.length);
      });
    }
    return this.#batch(images, sampleKeys, at, skipped);
  }

  async evaluationBatch(keys: readonly number[], at: BatchPlace, view: ViewOptions): Promise<Batch> {
    const { images, damaged } = await this.#decode(keys, view);
    if (damaged.length === 0) return this.#batch(images, [...keys], at, []);
    const without = new Set(damaged.map(({ row }) => row));
    const intact = keys.map((_, row) => row).filter((row) => !without.has(row));
    const values = this.#sizePx ** 2 * 3;
    const kept = new Float32Array(intact.length * values);
    for (const [to, from] of intact.entries()) {
      kept.set(images.subarray(from * values, (from + 1) * values), to * values);
    }
    const skipped = damaged.map(({ row, problem }) => ({ index: keys[row] as number, problem }));
    return this.#batch(
      kept,
      intact.map((row) => keys[row] as number),
      at,
      skipped,
    );
  }

  /** The next intact image after a damaged one. @returns its index */
  async #standIn(
    damaged: number,
    view: ViewOptions,
    skipped: SkippedImage[],
    take: (image: Float32Array) => void,
  ): Promise<number> {
    const { size } = this.#dataset;
    for (let step = 1; step <= MOST_TRIES && step < size; step++) {
      const key = (damaged + step) % size;
      const decoded = await this.#decode([key], view);
      const [failure] = decoded.damaged;
      if (!failure) {
        take(decoded.images);
        return key;
      }
      skipped.push({ index: key, problem: failure.problem });
    }
    const { problem } = skipped.at(-1) as SkippedImage;
    throw new DataError({
      ...problem,
      got: `${problem.got}, as are all before it from ${this.#dataset.file(damaged)} on`,
      remedy: 'Check where the images come from: there is no intact one near.',
    });
  }

  async #decode(keys: readonly number[], view: ViewOptions): Promise<DecodedRows> {
    const images = new Float32Array(keys.length * this.#sizePx ** 2 * 3);
    const firsts = Array.from({ length: Math.ceil(keys.length / CHUNK) }, (_, chunk) => chunk * CHUNK);
    const parts = await Promise.all(
      firsts.map(async (first) => {
        const request = await this.#request(keys.slice(first, first + CHUNK), view);
        const decoded = await this.#decoder.decode(request);
        images.set(decoded.images, first * this.#sizePx ** 2 * 3);
        return decoded.damaged.map(({ row, problem }) => ({ row: first + row, problem }));
      }),
    );
    return { images, damaged: parts.flat() };
  }

  async #request(keys: readonly number[], view: ViewOptions): Promise<DecodeRequest> {
    const dataset = this.#dataset;
    const { channelMeans, channelDeviations } = dataset;
    const files = await Promise.all(
      keys.map(async (sampleKey) => ({
        file: dataset.file(sampleKey),
        sampleKey,
        content: dataset.place?.(sampleKey) ?? (await dataset.read(sampleKey)),
      })),
    );
    const statistics = { channelMeans: [...channelMeans], channelDeviations: [...channelDeviations] };
    return { files, sizePx: this.#sizePx, statistics, view };
  }

  #batch(
    images: Float32Array,
    sampleKeys: number[],
    at: BatchPlace,
    skipped: readonly SkippedImage[],
  ): Batch {
    const dataset = this.#dataset;
    return {
      images,
      shape: [sampleKeys.length, this.#sizePx, this.#sizePx, 3],
      labels: Int32Array.from(sampleKeys, (key) => labelOf(dataset, key)),
      categories: Int32Array.from(sampleKeys, (key) => categoryOf(dataset, key)),
      sampleKeys,
      ...at,
      ...(skipped.length > 0 && { skipped }),
    };
  }
}
