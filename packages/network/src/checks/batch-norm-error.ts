/** Batch norm over a single value: its variance is 0 and its output would be beta whatever the image. */
export class BatchNormError extends Error {
  override readonly name = 'BatchNormError';
  readonly code = 'DMNN_BATCH_NORM';

  constructor(path: string, shape: readonly number[]) {
    super(
      `${path}: expected more than one value per channel to take statistics of, got [${shape.join(', ')}]. ` +
        `Give a batch of at least 2, larger images, or statistics: 'moving'.`,
    );
  }
}
