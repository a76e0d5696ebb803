import type { Dataset } from '@dmnn/data';

/** Images requested together, so that image files are decoded in parallel. */
const TOGETHER = 16;

/**
 * The network input of some images, as rows of red, green, blue bytes: `imageSizePx² · 3`. Image files are
 * decoded again.
 *
 * @param indices - of intact images
 * @returns pixels by index
 */
export async function pixelsOf(
  dataset: Dataset,
  indices: readonly number[],
): Promise<Map<number, Uint8Array>> {
  const pixels = new Map<number, Uint8Array>();
  for (let first = 0; first < indices.length; first += TOGETHER) {
    const some = indices.slice(first, first + TOGETHER);
    const read = await Promise.all(some.map(async (index) => dataset.pixels(index)));
    for (const [at, index] of some.entries()) pixels.set(index, read[at] as Uint8Array);
  }
  return pixels;
}
