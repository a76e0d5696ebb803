import { DmnnError } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { type AvailableMemory, availableMemory } from './available-memory.js';

/** What a batch is estimated to take. */
export interface NeededMemory {
  readonly bytes: number;
  /** That are computed together. */
  readonly images: number;
  /** What else helps than a smaller batch; empty if nothing does. */
  readonly remedy: string;
}

/**
 * Refuses a batch for which this process has no memory: the system would end it without a word, or the tensor library
 * would.
 *
 * Nothing is refused on a GPU, whose memory is its own.
 *
 * @param available - replaces what this process may have
 * @throws DmnnError `DMNN_OUT_OF_MEMORY`
 */
export function assertMemory(
  { bytes, images, remedy }: NeededMemory,
  available: AvailableMemory = availableMemory(),
): void {
  if (usesGpu() || bytes <= available.bytes) return;
  const size = (count: number): string => `${(count / 1e9).toFixed(1)} GB`;
  throw new DmnnError(
    'DMNN_OUT_OF_MEMORY',
    `batch: expected one that fits into the ${size(available.bytes)} that ${available.limit} leaves, got ${images} images ` +
      `computed together, which take about ${size(bytes)} (estimated). Use a smaller batch (batchSize)${remedy}, or close other programs.`,
    { details: { images, neededBytes: bytes, availableBytes: available.bytes, limit: available.limit } },
  );
}

/** Of tfjs-node-gpu's backend. */
function usesGpu(): boolean {
  return (tf.backend() as { readonly isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}
