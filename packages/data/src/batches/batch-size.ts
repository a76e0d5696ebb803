/** Throws a RangeError unless `batchSize` is an integer ≥ 1. */
export function assertBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`batchSize: expected an integer ≥ 1 (images), got ${batchSize}`);
  }
}
