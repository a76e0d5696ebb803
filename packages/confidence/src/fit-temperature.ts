import { DmnnError, assertRecord } from '@dmnn/foundation';
import { type Logits, assertLabels, assertLogits } from './logits.js';

/** Images below which {@link fitTemperature} refuses: a temperature of fewer is mostly chance. */
export const FEWEST_CALIBRATION_IMAGES = 50;

/** Options of {@link fitTemperature}. */
export interface FitTemperatureOptions {
  /** Of images that the network was not trained on: it is too sure of those that it was. */
  readonly logits: Logits;
  /** `[image]`: their classes. */
  readonly labels: ArrayLike<number>;
}

/** A temperature, and what it changes. */
export interface TemperatureFit {
  /** From 0.01 to 100. */
  readonly temperature: number;
  /** Mean negative log-likelihood of the labels, in nats: without a temperature, and with it. */
  readonly before: number;
  readonly after: number;
  /**
   * Whether the best temperature lies outside 0.01 … 100, as when every image is classified correctly: then the images say
   * nothing about how sure the network should be.
   */
  readonly bounded: boolean;
}

const SMALLEST = 0.01;
const LARGEST = 100;

/**
 * Calibrates a network: finds the temperature at which its probabilities of the labels are largest.
 *
 * The negative log-likelihood is convex in 1 / temperature, so there is one best temperature. Newton's method finds it, with
 * bisection where a step would leave the interval that is known to hold it.
 *
 * @throws DmnnError `DMNN_CALIBRATION` for fewer than 50 images
 * @throws RangeError if logits are incomplete or not finite, or a label is not a class
 * @see Guo et al. 2017, On Calibration of Modern Neural Networks, §4.2
 * @example
 * ```ts
 * import { fitTemperature } from '@dmnn/confidence';
 *
 * // 100 images of two classes: the network says 0.95 of each, and is right in 80 of them
 * const values = Array.from({ length: 100 }, () => [Math.log(0.95 / 0.05), 0]).flat();
 * const labels = Array.from({ length: 100 }, (_, image) => (image < 80 ? 0 : 1));
 * const { temperature } = fitTemperature({ logits: { values, classes: 2 }, labels });
 * console.log((1 / (1 + Math.exp(-Math.log(19) / temperature))).toFixed(4)); // => 0.8000
 * ```
 */
export function fitTemperature(options: FitTemperatureOptions): TemperatureFit {
  assertRecord('options', options, 'an object with logits and labels');
  const { logits, labels } = options;
  const images = assertLogits('logits', logits);
  assertLabels(labels, images, logits.classes);
  if (images < FEWEST_CALIBRATION_IMAGES) {
    throw new DmnnError(
      'DMNN_CALIBRATION',
      `images: expected at least ${FEWEST_CALIBRATION_IMAGES} held-out images to find a temperature on, got ${images}. Hold out more images.`,
      { details: { images, fewest: FEWEST_CALIBRATION_IMAGES } },
    );
  }
  const at = (inverse: number): Derivatives => likelihood(logits, labels, inverse);
  const before = at(1).value;
  let [low, high] = [1 / LARGEST, 1 / SMALLEST];
  for (const end of [low, high]) {
    const { value, slope } = at(end);
    // the slope rises: at the lower end the best lies beyond if it is positive already
    if (end === low ? slope >= 0 : slope <= 0)
      return { temperature: 1 / end, before, after: value, bounded: true };
  }
  let inverse = 1;
  for (let step = 0; step < 200; step++) {
    const { slope, curvature } = at(inverse);
    if (slope > 0) high = inverse;
    else low = inverse;
    const newton = inverse - slope / curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    const done = Math.abs(next - inverse) <= 1e-12 * inverse;
    inverse = next;
    if (done) break;
  }
  return { temperature: 1 / inverse, before, after: at(inverse).value, bounded: false };
}

/** The mean negative log-likelihood as a function of 1 / temperature. */
interface Derivatives {
  readonly value: number;
  readonly slope: number;
  readonly curvature: number;
}

function likelihood({ values, classes }: Logits, labels: ArrayLike<number>, inverse: number): Derivatives {
  const images = labels.length;
  let [value, slope, curvature] = [0, 0, 0];
  for (let image = 0; image < images; image++) {
    const start = image * classes;
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, values[start + c] as number);
    let [sum, first, second] = [0, 0, 0];
    for (let c = 0; c < classes; c++) {
      const logit = (values[start + c] as number) - largest;
      const odds = Math.exp(inverse * logit);
      sum += odds;
      first += odds * logit;
      second += odds * logit * logit;
    }
    const label = (values[start + (labels[image] as number)] as number) - largest;
    const mean = first / sum;
    value += Math.log(sum) - inverse * label;
    slope += mean - label;
    curvature += second / sum - mean * mean;
  }
  return { value: value / images, slope: slope / images, curvature: curvature / images };
}
