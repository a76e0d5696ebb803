import type { DataProblem } from '../data-error.js';

/** An image that was read and could not be decoded. */
export interface SkippedImage {
  /** Its index in its data set. */
  readonly index: number;
  /** What is wrong with which file. */
  readonly problem: DataProblem;
}

/** Images and labels for one step, ready to become tensors: `tf.tensor4d(batch.images, batch.shape)`. */
export interface Batch {
  /** `[B, H, W, 3]`, normalised by the data set's channel means and deviations. The receiver owns it. */
  readonly images: Float32Array;
  /** `[B, H, W, 3]`. */
  readonly shape: [number, number, number, number];
  /** `[B]`: class of every image. */
  readonly labels: Int32Array;
  /** `[B]`: category of every image. */
  readonly categories: Int32Array;
  /** `[B]`: index of every image in its data set. Noise and augmentation are keyed by it. */
  readonly sampleKeys: number[];
  /** The epoch asked for; 0 in evaluation. */
  readonly epoch: number;
  /** Number of the batch in its epoch, from 0. */
  readonly step: number;
  /**
   * Damaged images that were met in making this batch; absent if there were none. In training the next intact one
   * of the data set stands in for each; in evaluation they are left out, if need be all. Whoever takes the batch decides
   * how many are too many.
   */
  readonly skipped?: readonly SkippedImage[];
}
