import type { Batch } from '@dmnn/data';
import * as tf from '@tensorflow/tfjs-core';

/** Some images of a batch, as a tensor. */
export interface BatchPart {
  /** `[b, H, W, 3]`; whoever made the part disposes it. */
  readonly images: tf.Tensor4D;
  readonly labels: Int32Array;
  readonly categories: Int32Array;
  readonly sampleKeys: readonly number[];
  /** Its images over the batch's. */
  readonly weight: number;
}

/**
 * Cuts a batch into equal parts, in order.
 *
 * @throws RangeError if `count` does not divide the batch
 */
export function batchParts(batch: Batch, count: number): BatchPart[] {
  const [images, height, width, channels] = batch.shape;
  const size = images / count;
  if (!Number.isInteger(size))
    throw new RangeError(`accumulation: expected a divisor of ${images} images, got ${count}`);
  const pixels = size * height * width * channels;
  return Array.from({ length: count }, (_, part) => ({
    images: tf.tensor4d(batch.images.subarray(part * pixels, (part + 1) * pixels), [
      size,
      height,
      width,
      channels,
    ]),
    labels: batch.labels.subarray(part * size, (part + 1) * size),
    categories: batch.categories.subarray(part * size, (part + 1) * size),
    sampleKeys: batch.sampleKeys.slice(part * size, (part + 1) * size),
    weight: 1 / count,
  }));
}
