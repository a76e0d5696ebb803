import type { SkippedImage } from '@dmnn/data';
import { DmnnError } from '@dmnn/foundation';

/**
 * More images are damaged than a run puts up with.
 *
 * @param images - all that were met, in the order of their discovery
 * @param canResume - whether the work goes on where it stopped, as training does; an evaluation begins again
 */
export function badImagesError(
  images: readonly SkippedImage[],
  limit: number,
  { canResume }: { readonly canResume: boolean },
): DmnnError {
  const remedy = canResume
    ? 'Get them again, or allow more (--bad-images) and resume: from the latest checkpoint nothing is lost.'
    : 'Get them again, or allow more (--bad-images).';
  return new DmnnError(
    'DMNN_BAD_IMAGES',
    [
      `images: expected at most ${limit} damaged, got ${images.length}:`,
      ...images.map(({ problem }) => `  ${problem.file}: ${problem.got}`),
      remedy,
    ],
    { details: { images } },
  );
}
