import type { SkippedImage } from '@dmnn/data';
import type { OnSkipped } from '@dmnn/trainer';
import type { CommandIo } from './command-io.js';

/**
 * Reports each damaged image once on stderr, and stops when there are too many.
 *
 * @param limit - how many are tolerated; above it the returned function throws DmnnError `DMNN_BAD_IMAGES`
 */
export async function skippedImages(limit: number, io: CommandIo): Promise<OnSkipped> {
  const { badImagesError } = await import('@dmnn/runs/internal');
  const known = new Map<string, SkippedImage>(); // by file, since there may be two splits
  return (skipped) => {
    for (const image of skipped) {
      if (known.has(image.problem.file)) continue;
      known.set(image.problem.file, image);
      io.err(`skipped: ${image.problem.file} is damaged (${image.problem.got})`);
    }
    if (known.size > limit) throw badImagesError([...known.values()], limit, { canResume: false });
  };
}
