import type { SkippedImage } from '@dmnn/data';

/**
 * More images are damaged than a run puts up with.
 *
 * @example
 * ```ts
 * import { BadImagesError } from '@dmnn/runs';
 *
 * const problem = { file: 'a.jpg', expected: 'a JPEG image', got: 'an empty file', remedy: 'Get it again.' };
 * const error = new BadImagesError([{ index: 7, problem }], 0);
 * console.log(error.code, error.images.length); // => DMNN_BAD_IMAGES 1
 * ```
 */
export class BadImagesError extends Error {
  /** Stable name of this kind of error. */
  readonly code = 'DMNN_BAD_IMAGES';
  /** All that were met, in the order of their discovery. */
  readonly images: readonly SkippedImage[];

  constructor(images: readonly SkippedImage[], limit: number) {
    const list = images.map(({ problem }) => `${problem.file}: ${problem.got}`).join('\n  ');
    super(
      `images: expected at most ${limit} damaged, got ${images.length}:\n  ${list}\nGet them again, or allow more and resume: from the latest checkpoint nothing is lost.`,
    );
    this.name = 'BadImagesError';
    this.images = images;
  }
}
