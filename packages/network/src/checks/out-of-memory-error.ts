import { DmnnError } from '@dmnn/foundation';

/** The largest tensor of a pass. */
export interface LargestTensor {
  /** The unit that produces it, `stage0.block0.subblock0.unit2`. */
  readonly path: string;
  /** `[B, H, W, C]`. */
  readonly shape: readonly number[];
}

/**
 * A backend had no memory for a pass over a batch, forwards or backwards. The tensors of the pass are freed; variables keep
 * their values from before it.
 *
 * @param batchSize - images of the batch
 */
export function outOfMemoryError(
  batchSize: number,
  largestTensor: LargestTensor,
  options: { readonly cause?: unknown } = {},
): DmnnError {
  const { path, shape } = largestTensor;
  const megabytes = Math.ceil(shape.reduce((product, size) => product * size, 4) / 1e6);
  return new DmnnError(
    'DMNN_OUT_OF_MEMORY',
    `batch: no memory for ${batchSize} images; the largest tensor, of ${path}, is [${shape.join(', ')}], ` +
      `${megabytes} MB, and training keeps one for every convolution. ` +
      'Use a smaller batch (batchSize); in training, accumulation: 2 (or more) gives the gradient of the same batch in parts.',
    { ...options, details: { batchSize, largestTensor } },
  );
}
