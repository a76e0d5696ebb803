import type { ImageLayout } from './inference.js';

/** What images a network takes. */
export interface ImageSize {
  /** Side of the square image, in pixels. */
  readonly imageSizePx: number;
  readonly inChannels: number;
}

/** Why an image cannot be taken: `image: expected X, got Y`. */
export interface ImageProblem {
  readonly what: string;
  readonly remedy: string;
}

const layouts: readonly string[] = ['hwc', 'chw'] satisfies ImageLayout[];

/**
 * What is wrong with an image that is to run: its layout has no such name, its length is another, or a number is not
 * finite. Undefined if nothing is.
 *
 * Every engine asks this, so that all take and refuse the same images; what it throws is its own.
 *
 * @param image - `[H, W, C]` or `[C, H, W]`, by the layout
 */
export function imageProblem(
  image: Float32Array,
  layout: ImageLayout,
  { imageSizePx, inChannels }: ImageSize,
): ImageProblem | undefined {
  if (!layouts.includes(layout)) {
    return {
      what: `layout: expected 'hwc' or 'chw', got '${layout as string}'`,
      remedy: 'Leave it out for [H, W, C].',
    };
  }
  const length = imageSizePx * imageSizePx * inChannels;
  if (!(image instanceof Float32Array) || image.length !== length) {
    const shape =
      layout === 'hwc' ? [imageSizePx, imageSizePx, inChannels] : [inChannels, imageSizePx, imageSizePx];
    const got = image instanceof Float32Array ? `${image.length} numbers` : typeof image;
    return {
      what: `image: expected a Float32Array of ${length} numbers, [${shape.join(', ')}], got ${got}`,
      remedy: 'Resize it to the size that the network takes.',
    };
  }
  if (areFinite(image)) return undefined;
  const value = image.find((each) => !Number.isFinite(each));
  return {
    what: `image: expected finite numbers, got ${value}`,
    remedy: 'Check the normalisation for a division by 0.',
  };
}

/** Four sums side by side: one after the other they take as long as a tenth of a compiled network. */
function areFinite(numbers: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const { length } = numbers;
  const whole = length - (length % 4);
  // 0 · NaN and 0 · ∞ are NaN
  for (let i = 0; i < whole; i += 4) {
    a += 0 * (numbers[i] as number);
    b += 0 * (numbers[i + 1] as number);
    c += 0 * (numbers[i + 2] as number);
    d += 0 * (numbers[i + 3] as number);
  }
  for (let i = whole; i < length; i++) a += 0 * (numbers[i] as number);
  return a + b + c + d === 0;
}
