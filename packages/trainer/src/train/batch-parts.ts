import { closeIfFailsSync } from '@dmnn/foundation';
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
  const parts: BatchPart[] = [];
  closeIfFailsSync(
    () => {
      for (let part = 0; part < count; part++) {
        const of = <T>(list: { slice(from: number, to: number): T }): T =>
          list.slice(part * size, (part + 1) * size);
        parts.push({
          images: tf.tensor4d(batch.images.subarray(part * pixels, (part + 1) * pixels), [
            size,
            height,
            width,
            channels,
          ]),
          labels: of(batch.labels),
          categories: of(batch.categories),
          sampleKeys: of(batch.sampleKeys),
          weight: 1 / count,
        });
      }
    },
    () => {
      tf.dispose(parts.map(({ images: tensor }) => tensor)); // no room for a later one
    },
  );
  return parts;
}
