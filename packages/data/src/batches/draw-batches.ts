import type { Batch } from './batch.js';
import { assertBatchSize } from './batch-size.js';
import type { EvaluationBatchesOptions, TrainingBatchesOptions } from './batches-options.js';
import { epochOrder } from './epoch-order.js';
import type { BatchPlace } from './make-batch.js';
import { prefetch } from './prefetch.js';
import { startAhead } from './start-ahead.js';

/** Makes the batch of some images. */
export type MakeBatch = (sampleKeys: number[], at: BatchPlace) => Batch | Promise<Batch>;

interface Together {
  /**
   * Whether to prepare prefetched batches in parallel, for example on worker threads. Default false: one at a time.
   */
  readonly together?: boolean | undefined;
}

/** Options of `shuffledBatches`. */
export type ShuffledBatchesOptions = Omit<TrainingBatchesOptions, 'augment'>;

/** Number of batches in one epoch: floor(size / batchSize), or ceil(size / batchSize) if `dropLast` is false. */
export function stepsPerEpoch(
  size: number,
  options: { readonly batchSize: number; readonly dropLast?: boolean | undefined },
): number {
  assertBatchSize(options.batchSize);
  const batches = size / options.batchSize;
  return (options.dropLast ?? true) ? Math.floor(batches) : Math.ceil(batches);
}

/**
 * The batches of one training epoch in shuffled order, starting at `startStep`.
 *
 * @param size - number of images in the data set.
 * @throws RangeError on arguments out of range, at the call.
 */
export function shuffledBatches(
  size: number,
  options: ShuffledBatchesOptions & Together,
  make: MakeBatch,
): AsyncIterable<Batch> {
  const { batchSize, seed, epoch, startStep = 0, prefetch: ahead = 2 } = options;
  const steps = stepsPerEpoch(size, options);
  if (steps === 0) {
    throw new RangeError(
      `batchSize: expected at most the data set's ${size} images, got ${batchSize}; use a smaller batch or dropLast: false`,
    );
  }
  if (!Number.isInteger(startStep) || startStep < 0 || startStep > steps) {
    throw new RangeError(
      `startStep: expected an integer from 0 to ${steps} (batches of the epoch), got ${startStep}`,
    );
  }
  assertPrefetch(ahead);
  const order = epochOrder(size, { seed, epoch });
  const count = steps - startStep;
  return drawn(count, ahead, options.together ?? false, (i) => {
    const step = startStep + i;
    return make(Array.from(order.subarray(step * batchSize, (step + 1) * batchSize)), { epoch, step });
  });
}

/**
 * Every image once, in order; the last batch holds the remaining images.
 *
 * @param size - number of images in the data set.
 * @throws RangeError on arguments out of range, at the call.
 */
export function orderedBatches(
  size: number,
  options: EvaluationBatchesOptions & Together,
  make: MakeBatch,
): AsyncIterable<Batch> {
  const { batchSize, prefetch: ahead = 2 } = options;
  assertBatchSize(batchSize);
  assertPrefetch(ahead);
  return drawn(Math.ceil(size / batchSize), ahead, options.together ?? false, (step) => {
    const first = step * batchSize;
    const count = Math.min(batchSize, size - first);
    return make(
      Array.from({ length: count }, (_, row) => first + row),
      { epoch: 0, step },
    );
  });
}

function drawn(
  count: number,
  ahead: number,
  together: boolean,
  make: (step: number) => Batch | Promise<Batch>,
): AsyncIterable<Batch> {
  async function* batches(): AsyncGenerator<Batch, void, undefined> {
    for (let step = 0; step < count; step++) yield await make(step);
  }
  return {
    [Symbol.asyncIterator]: () => {
      if (ahead === 0) return batches();
      return together ? startAhead(count, ahead, async (step) => make(step)) : prefetch(batches(), ahead);
    },
  };
}

function assertPrefetch(ahead: number): void {
  if (!Number.isInteger(ahead) || ahead < 0) {
    throw new RangeError(`prefetch: expected an integer ≥ 0 (batches), got ${ahead}`);
  }
}
