import { assertList } from '@dmnn/foundation';
import { lossError } from './loss-error.js';
import { type RateNumbers, assertRateNumbers } from './rates.js';

/** The rates of one micro-batch, or of one worker's part of the batch. */
export interface PartRates extends RateNumbers {
  /** Number of images in the part, ≥ 1. */
  readonly images: number;
}

/**
 * The rates of a batch from the rates of its parts: means weighted by images, exactly Eq. 11 and 13 of the whole batch.
 *
 * @param parts - one entry for each micro-batch or worker.
 * @throws DmnnError `DMNN_LOSS` if there is no part, a part has no image, or parts differ in the number of blocks.
 * @see DMNN §3.3 Eq. 11 and 13.
 */
export function wholeBatchRates(parts: readonly PartRates[]): RateNumbers {
  assertList('parts', parts, 'the rates of each part');
  parts.forEach((part, i) => {
    assertRateNumbers(`parts[${i}]`, part);
  });
  const blocks = parts[0]?.rates.length;
  const sound = parts.every((part) => part.images >= 1 && part.rates.length === blocks);
  if (blocks === undefined || !sound) {
    throw lossError(
      'parts',
      'at least one part, each with at least one image and the same number of blocks',
      JSON.stringify(parts.map((part) => ({ images: part.images, blocks: part.rates.length }))),
      'Pass the rates of every micro-batch of one optimiser step.',
    );
  }
  const images = parts.reduce((sum, part) => sum + part.images, 0);
  const mean = (of: (part: PartRates) => number) =>
    parts.reduce((sum, part) => sum + of(part) * part.images, 0) / images;
  return {
    rates: Array.from({ length: blocks }, (_, l) => mean((part) => part.rates[l] as number)),
    flopsRate: mean((part) => part.flopsRate),
  };
}
