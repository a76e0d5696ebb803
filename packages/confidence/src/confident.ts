import { assertRecord, kindOf } from '@dmnn/foundation';
import { type ConfidenceMeasure, assertMeasure } from './confidence-of.js';

/** Options of {@link confident}. */
export interface ConfidentOptions {
  /** From 0 (every image stops) to 1 (only images of which the network is certain stop). */
  readonly threshold: number;
  /** @defaultValue 'probability' */
  readonly by?: ConfidenceMeasure | undefined;
}

/** Which images stop: those of which a network is sure enough. Plain data, except for its function. */
export interface ConfidentPolicy {
  readonly threshold: number;
  readonly by: ConfidenceMeasure;
  /** Whether an image of this confidence stops here: if it is at least the threshold. */
  stops(confidence: number): boolean;
}

/**
 * The policy of early exits and cascades: an image stops where the network is sure enough of it.
 *
 * @throws RangeError if the threshold is outside 0 … 1, or there is no such measure
 * @example
 * ```ts
 * import { confidenceOf, confident } from '@dmnn/confidence';
 *
 * const policy = confident({ threshold: 0.9, by: 'probability' });
 * const sure = confidenceOf({ values: [4, 0, 0, 1, 0, 0], classes: 3 }, policy);
 * console.log([...sure].map((each) => policy.stops(each))); // => [ true, false ]
 * ```
 */
export function confident(options: ConfidentOptions): ConfidentPolicy {
  assertRecord('options', options, 'an object with threshold');
  const { threshold, by = 'probability' } = options;
  assertThreshold('threshold', threshold);
  assertMeasure(by);
  return { threshold, by, stops: (confidence) => confidence >= threshold };
}

/** @throws RangeError unless a threshold is from 0 to 1 */
export function assertThreshold(name: string, threshold: unknown): void {
  if (typeof threshold === 'number' && threshold >= 0 && threshold <= 1) return;
  throw new RangeError(`${name}: expected a number from 0 to 1, got ${kindOf(threshold)}`);
}
