import { DmnnError } from '@dmnn/foundation';

/** Batch norm over a single value: its variance is 0 and its output would be beta for every image. */
export function batchNormError(path: string, shape: readonly number[]): DmnnError {
  return new DmnnError(
    'DMNN_BATCH_NORM',
    `${path}: expected more than one value per channel to take statistics of, got [${shape.join(', ')}]. ` +
      `Give a batch of at least 2, larger images, or statistics: 'moving'.`,
  );
}
