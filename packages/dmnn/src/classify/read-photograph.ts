import { readFile } from 'node:fs/promises';
import { DataError, evaluationView, photographBatch } from '@dmnn/data';
import type { Classifier } from './classifier.js';

/**
 * Reads a photograph as a network wants to see it: upright, its shorter side resized, the middle cut out, normalised.
 *
 * @returns `[H, W, 3]`
 * @throws DataError (`DMNN_DATA`) if the file cannot be read, is damaged or no image; ImageLibraryError if it is no
 * JPEG and sharp is not installed
 */
export async function readPhotograph(
  file: string,
  { imageSizePx, preparation }: Pick<Classifier, 'imageSizePx' | 'preparation'>,
): Promise<Float32Array> {
  const reading = evaluationView({ shorterSidePx: preparation.shorterSidePx, sizePx: imageSizePx });
  return photographBatch([{ bytes: await contentsOf(file), file, reading }], imageSizePx, preparation);
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
