import { assertList, assertRecord, kindOf } from '@dmnn/foundation';

/** Options of {@link calibrationError}. */
export interface CalibrationErrorOptions {
  /** `[image]`: the probability of the predicted class, from 0 to 1. */
  readonly confidences: ArrayLike<number>;
  /** `[image]`: whether the prediction is right. */
  readonly right: ArrayLike<boolean | number>;
  /** Bins of equal width, closed above: (0, 1/15], (1/15, 2/15], … @defaultValue 15 */
  readonly bins?: number | undefined;
}

/** One bin of a reliability diagram. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly images: number;
  /** Mean over its images; 0 if there are none. */
  readonly confidence: number;
  /** Share of its images that are right; 0 if there are none. */
  readonly accuracy: number;
}

/** How far a network's confidence is from its accuracy. */
export interface CalibrationError {
  /** Mean over images of the difference between confidence and accuracy of their bin (ECE), from 0 to 1. */
  readonly expected: number;
  /** The largest difference of a bin with images (MCE). */
  readonly largest: number;
  readonly bins: readonly CalibrationBin[];
}

/**
 * The expected calibration error: whether a network that is 90 % sure is right in 90 % of such images.
 *
 * @throws RangeError if there are no images, a confidence is outside 0 … 1, or the lists differ in length
 * @see Guo et al. 2017, On Calibration of Modern Neural Networks, Eq. 3
 * @example
 * ```ts
 * import { calibrationError } from '@dmnn/confidence';
 *
 * const { expected } = calibrationError({ confidences: [0.9, 0.9, 0.6, 0.6], right: [true, true, true, false] });
 * console.log(expected.toFixed(3)); // => 0.100
 * ```
 */
export function calibrationError(options: CalibrationErrorOptions): CalibrationError {
  assertRecord('options', options, 'an object with confidences and right');
  const { confidences, right, bins = 15 } = options;
  assertList('confidences', confidences, 'a list of numbers');
  assertList('right', right, 'a list of booleans');
  if (!Number.isInteger(bins) || bins < 1)
    throw new RangeError(`bins: expected an integer ≥ 1, got ${kindOf(bins)}`);
  const images = confidences.length;
  if (images === 0) throw new RangeError('confidences: expected at least one image, got none');
  if (right.length !== images)
    throw new RangeError(`right: expected one for each of ${images} images, got ${right.length}`);
  const sums = Array.from({ length: bins }, () => ({ images: 0, confidence: 0, right: 0 }));
  for (let image = 0; image < images; image++) {
    const confidence = confidences[image] as number;
    if (!(confidence >= 0 && confidence <= 1)) {
      throw new RangeError(
        `confidences: expected numbers from 0 to 1, got ${String(confidence)} for image ${image}`,
      );
    }
    const bin = sums[Math.max(0, Math.ceil(confidence * bins) - 1)] as (typeof sums)[number];
    bin.images++;
    bin.confidence += confidence;
    bin.right += Number(right[image]);
  }
  let [expected, largest] = [0, 0];
  const all = sums.map((bin, index): CalibrationBin => {
    const count = Math.max(1, bin.images);
    const [confidence, accuracy] = [bin.confidence / count, bin.right / count];
    expected += (bin.images / images) * Math.abs(confidence - accuracy);
    largest = Math.max(largest, Math.abs(confidence - accuracy));
    return { from: index / bins, to: (index + 1) / bins, images: bin.images, confidence, accuracy };
  });
  return { expected, largest, bins: all };
}
