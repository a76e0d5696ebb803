import type { DataProblem } from '../data-error.js';

/** An image that was read but could not be decoded. */
export interface SkippedImage {
  /** Its index in its data set. */
  readonly index: number;
  /** What is wrong, and with which file. */
  readonly problem: DataProblem;
}

/** Images and labels for one step, ready to become tensors: `tf.tensor4d(batch.images, batch.shape)`. */
export interface Batch {
  /** `[B, H, W, 3]`, normalised by the data set's channel means and deviations. The caller owns it. */
  readonly images: Float32Array;
  /** `[B, H, W, 3]`. */
  readonly shape: [number, number, number, number];
  /** `[B]`: class of every image. */
  readonly labels: Int32Array;
  /** `[B]`: category of every image. */
  readonly categories: Int32Array;
  /** `[B]`: index of every image in its data set. Noise and augmentation are keyed by it. */
  readonly sampleKeys: number[];
  /** The epoch that was requested; 0 in evaluation. */
  readonly epoch: number;
  /** Number of the batch in its epoch, from 0. */
  readonly step: number;
  /**
   * Damaged images found while making this batch; absent if there were none. In training, each is replaced by the
   * next intact image of the data set; in evaluation they are left out, even if that leaves none. The caller decides
   * how many are too many.
   */
  readonly skipped?: readonly SkippedImage[];
}
