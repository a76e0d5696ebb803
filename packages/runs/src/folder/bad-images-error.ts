import type { SkippedImage } from '@dmnn/data';
import { DmnnError } from '@dmnn/foundation';

/**
 * More images are damaged than a run puts up with.
 *
 * @param images - all that were met, in the order of their discovery
 */
export function badImagesError(images: readonly SkippedImage[], limit: number): DmnnError {
  const list = images.map(({ problem }) => `${problem.file}: ${problem.got}`).join('\n  ');
  return new DmnnError(
    'DMNN_BAD_IMAGES',
    `images: expected at most ${limit} damaged, got ${images.length}:\n  ${list}\nGet them again, or allow more and resume: from the latest checkpoint nothing is lost.`,
    { details: { images } },
  );
}
