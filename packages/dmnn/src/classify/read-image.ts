import { evaluationView, imageBatch } from '@dmnn/data';
import { contentsOf } from '@dmnn/data/internal';
import type { Classifier } from './classifier.js';

/**
 * Reads and prepares an image for a network: upright, its shorter side resized, the middle cut out, normalised.
 *
 * @returns `[H, W, 3]`
 * @throws DataError (`DMNN_DATA`) if the file cannot be read, is damaged or not an image; DmnnError `DMNN_IMAGE_LIBRARY` if it is not a
 * JPEG and sharp is not installed
 */
export async function readImage(
  file: string,
  { imageSizePx, preparation }: Pick<Classifier, 'imageSizePx' | 'preparation'>,
): Promise<Float32Array> {
  const viewOf = evaluationView({ shorterSidePx: preparation.shorterSidePx, sizePx: imageSizePx });
  return imageBatch([{ bytes: await contentsOf(file), file, viewOf }], imageSizePx, preparation);
}
