import type { SkippedImage } from '@dmnn/data';
import type { OnSkipped } from '@dmnn/trainer';
import type { CommandIo } from './command-io.js';

/**
 * Tells of damaged images on stderr, each once, and stops where there are too many.
 *
 * @param limit - how many are put up with; above it what is returned throws DmnnError `DMNN_BAD_IMAGES`
 */
export async function skippedImages(limit: number, io: CommandIo): Promise<OnSkipped> {
  const { badImagesError } = await import('@dmnn/runs/internal');
  const known = new Map<string, SkippedImage>(); // by file, since there may be two splits
  return (skipped) => {
    for (const image of skipped) {
      if (known.has(image.problem.file)) continue;
      known.set(image.problem.file, image);
      io.err(`left out: ${image.problem.file} is damaged (${image.problem.got})`);
    }
    if (known.size > limit) throw badImagesError([...known.values()], limit);
  };
}
