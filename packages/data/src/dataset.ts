import type { AugmentationName } from './augmentation-name.js';
import type { DataProblem } from './data-error.js';
import type { LabelledImages, Normalisation } from './labelled-images.js';

/**
 * Labelled square RGB images that are read by index, from wherever they are: what networks are trained and evaluated
 * on. Bring your own by implementing it: everything that takes a data set takes this interface. `label`, `category`
 * and `pixels` are enough; `pixels` may answer at once or with a promise.
 *
 * Order, augmentation and normalisation are the package's, so a data set need not know of epochs, and runs on it
 * can be resumed exactly.
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
 * @example Images of a service, here of a stand-in that answers later
 * ```ts
 * import { type Dataset, builtInDataset, trainingBatches } from '@dmnn/data';
 *
 * const stored = builtInDataset({ split: 'train', size: 64 });
 * const request = async (index: number) => stored.pixels(index); // such as fetch(`${address}/${index}`)
 * const remote: Dataset = { ...stored, name: 'remote', pixels: request };
 *
 * // the images of a batch are requested together, two batches ahead of the one that is used
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
   * Image `index` as rows of red, green, blue bytes: `imageSizePx² · 3`, as it is seen in evaluation. It is not written
   * to. The images of a batch are asked for together.
   */
  pixels(index: number): Uint8Array | Promise<Uint8Array>;
  /**
   * Makes the images of a batch, augmented and normalised. For data that can do this better than `pixels` allows, such
   * as files of which only a crop is decoded, in threads: several batches may be asked for at a time. Absent: they are
   * made of `pixels`.
   */
  images?: ((request: ImagesRequest) => Promise<ImageRows>) | undefined;
  /** What `images` can do of the augmentations. Absent: all. */
  readonly augmentations?: readonly AugmentationName[] | undefined;
  /** Name of image `index`, such as a path, for messages. Runs record all names as one digest. */
  file?: ((index: number) => string) | undefined;
  /** How the files lie, such as `class-folders`: recorded with a run where there is `file`. */
  readonly layout?: string | undefined;
  /**
   * What else a run records of its data, in `config.json`, and has to find equal when it is resumed: a version, an
   * address. JSON values.
   */
  readonly facts?: { readonly [name: string]: string | number | boolean } | undefined;
  /** How hard image `index` was made, 0 to 1; present only where it is known. */
  difficulty?: ((index: number) => number) | undefined;
}

/** How the images of a batch are to be seen. */
export type BatchView =
  /** As they are; of image files the middle. */
  | { readonly kind: 'evaluation' }
  /** As the augmentation changes them, each by the seed, the epoch and its sample key. */
  | {
      readonly kind: 'training';
      readonly augment: AugmentationName;
      readonly seed: number;
      readonly epoch: number;
    };

/** The images of one batch. */
export interface ImagesRequest {
  /** `[row]`: which images. */
  readonly indices: readonly number[];
  /** `[row]`: what each is augmented by. Its index; of a subset, its index there. */
  readonly sampleKeys: readonly number[];
  readonly view: BatchView;
  /** By what they are normalised. */
  readonly normalisation: Normalisation;
}

/** What came of a request. */
export interface ImageRows {
  /** `[rows, S, S, 3]` with S = `imageSizePx`, normalised; zeros where an image is damaged. The receiver owns it. */
  readonly images: Float32Array;
  /**
   * The images that were read and could not be decoded, by row. In training others stand in for them, in evaluation they
   * are left out. What cannot be read at all is an error: it may pass.
   */
  readonly damaged: readonly DamagedRow[];
}

/** A damaged image of a request. */
export interface DamagedRow {
  readonly row: number;
  readonly problem: DataProblem;
}
