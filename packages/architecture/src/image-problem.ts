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
  for (const value of image) {
    if (value - value === 0) continue; // NaN for NaN and both infinities
    return {
      what: `image: expected finite numbers, got ${value}`,
      remedy: 'Check the normalisation for a division by 0.',
    };
  }
  return undefined;
}
