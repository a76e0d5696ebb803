import { readFile } from 'node:fs/promises';
import { DataError, evaluationView, imageBatch } from '@dmnn/data';
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

async function contentsOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'Check the path and the permissions.';
    throw new DataError({ file, expected: 'a readable file', got, remedy }, { cause });
  }
}
