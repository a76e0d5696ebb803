import { kindOf } from '@dmnn/foundation';
import { imageProblem } from '@dmnn/architecture/internal';
import { engineError } from '../errors/engine-error.js';
import type { NetworkDescription } from './network-description.js';

/**
 * Images that the network takes.
 *
 * @throws DmnnError `DMNN_ENGINE` with the index
 */
export function checkedImages(
  images: readonly Float32Array[],
  description: NetworkDescription,
): readonly Float32Array[] {
  const given: unknown = images;
  if (!Array.isArray(given) || given.length === 0) {
    throw engineError(
      `calibrationImages: expected a list of at least one image, got ${Array.isArray(given) ? 'none' : kindOf(given)}`,
      'Pass a few hundred images of the kind that the network will see.',
    );
  }
  for (const [i, image] of images.entries()) checkedImage(image, `calibrationImages[${i}]`, description);
  return images;
}

/** An image that the network takes. @throws DmnnError `DMNN_ENGINE` */
export function checkedImage(
  image: Float32Array,
  name: string,
  description: NetworkDescription,
): Float32Array {
  const problem = imageProblem(image, 'hwc', description);
  if (!problem) return image;
  throw engineError(problem.what.replace(/^image/, name), problem.remedy);
}
