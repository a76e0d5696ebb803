import type { Dataset } from '@dmnn/data';

/**
 * Divides training images, which have test images besides, in the same way whenever: those of one's own by class.
 *
 * @throws RangeError if no image or every image would be held out
 */
export async function heldOutParts(
  train: Dataset,
  images: number,
): Promise<{ readonly train: Dataset; readonly test: Dataset }> {
  const { holdOut } = await import('@dmnn/data');
  return holdOut(train, images, { byClass: train.name.startsWith('folder=') });
}
