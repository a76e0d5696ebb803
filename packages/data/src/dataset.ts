import type { AugmentationName } from './augmentation-name.js';
import type { DataProblem } from './data-error.js';
import type { LabelledImages, Normalisation } from './labelled-images.js';

/**
 * Labelled square RGB images, read by index from any source: the data that networks are trained and evaluated on.
 * Implement it to use your own data; everything that takes a data set takes this interface. `label`, `category` and
 * `pixels` are enough; `pixels` may return its result or a promise of it.
 *
 * This package handles order, augmentation and normalisation, so a data set knows nothing about epochs, and runs on
 * it can be resumed exactly.
 *
 * @example Images in memory
 * ```ts
 * import { type Dataset, evaluationBatches } from '@dmnn/data';
 *
 * const bytes = new Uint8Array(10 * 8 * 8 * 3).fill(128); // ten grey images of 8 × 8 pixels
 * const grey: Dataset = {
 *   name: 'grey',
 *   split: 'test',
 *   size: 10,
 *   imageSizePx: 8,
 *   channels: 3,
 *   classes: 2,
 *   categories: 1,
 *   classNames: ['even', 'odd'],
 *   categoryNames: ['number'],
 *   channelMeans: [0.5, 0.5, 0.5],
 *   channelDeviations: [0.25, 0.25, 0.25],
 *   label: (index) => index % 2,
 *   category: () => 0,
 *   pixels: (index) => bytes.subarray(index * 192, (index + 1) * 192),
 * };
 * for await (const { shape, labels } of evaluationBatches(grey, { batchSize: 5 })) {
 *   console.log(shape.join('×'), labels.join(' ')); // => 5×8×8×3 0 1 0 1 0
 *   break;
 * }
 * ```
 * @example Images from a service, here simulated by an asynchronous function
 * ```ts
 * import { type Dataset, builtInDataset, trainingBatches } from '@dmnn/data';
 *
 * const stored = builtInDataset({ split: 'train', size: 64 });
 * const request = async (index: number) => stored.pixels(index); // for example fetch(`${address}/${index}`)
 * const remote: Dataset = { ...stored, name: 'remote', pixels: request };
 *
 * // the images of a batch are requested together, two batches ahead of the current one
 * const options = { batchSize: 32, seed: 1, epoch: 0, augment: 'pad-crop-flip', prefetch: 2 } as const;
 * for await (const batch of trainingBatches(remote, options)) {
 *   console.log(batch.step, batch.shape.join('×')); // => 0 32×32×32×3
 *   break;
 * }
 * ```
 */
export interface Dataset extends LabelledImages {
  /** Width and height in pixels. */
  readonly imageSizePx: number;
  /** Red, green, blue. */
  readonly channels: 3;
  /**
   * Image `index` as rows of red, green, blue bytes: `imageSizePx² · 3`, without augmentation. Callers do not write
   * to it. All images of a batch are requested at once.
   */
  pixels(index: number): Uint8Array | Promise<Uint8Array>;
  /**
   * Makes the images of a batch, augmented and normalised. For data that can do this faster than through `pixels`,
   * such as files of which only a crop is decoded, on worker threads. Several batches may be requested at a time. If
   * absent, batches are made from `pixels`.
   */
  images?: ((request: ImagesRequest) => Promise<ImageRows>) | undefined;
  /** The augmentations that `images` supports. If absent, all. */
  readonly augmentations?: readonly AugmentationName[] | undefined;
  /** Name of image `index`, such as a path, for messages. Runs record all names as one digest. */
  file?: ((index: number) => string) | undefined;
  /**
   * Pixels to which the shorter side of an image file is resized before its middle is cut out; recorded with a run, so that
   * new images are prepared in the same way.
   */
  readonly shorterSidePx?: number | undefined;
  /** The layout of the files, such as `class-folders`; recorded with a run if there is a `file`. */
  readonly layout?: string | undefined;
  /**
   * Further properties of the data, such as a version or an address, as JSON values. A run records them in
   * `config.json`, and they must be equal when it is resumed.
   */
  readonly facts?: { readonly [name: string]: string | number | boolean } | undefined;
  /** Difficulty of image `index`, 0 to 1; present only if known. */
  difficulty?: ((index: number) => number) | undefined;
}

/** How the images of a batch are cropped and augmented. */
export type BatchView =
  /** Without augmentation; image files are centre-cropped. */
  | { readonly kind: 'evaluation' }
  /** Augmented, each image according to the seed, the epoch and its sample key. */
  | {
      readonly kind: 'training';
      readonly augment: AugmentationName;
      readonly seed: number;
      readonly epoch: number;
    };

/** The images of one batch. */
export interface ImagesRequest {
  /** `[row]`: indices of the images. */
  readonly indices: readonly number[];
  /** `[row]`: the key of each image's augmentation: its index in the data set or, for a subset, in the subset. */
  readonly sampleKeys: readonly number[];
  readonly view: BatchView;
  /** The statistics that normalise them. */
  readonly normalisation: Normalisation;
}

/** The response to an `ImagesRequest`. */
export interface ImageRows {
  /** `[rows, S, S, 3]` with S = `imageSizePx`, normalised; zeros where an image is damaged. The caller owns it. */
  readonly images: Float32Array;
  /**
   * The images that were read but could not be decoded, by row. In training they are replaced by others; in
   * evaluation they are left out. An image that cannot be read at all is an error, because the cause may be
   * temporary.
   */
  readonly damaged: readonly DamagedRow[];
}

/** A damaged image of a request. */
export interface DamagedRow {
  readonly row: number;
  readonly problem: DataProblem;
}
