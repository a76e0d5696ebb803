import { type Dataset, evaluationBatches, subset } from '@dmnn/data';

/** Images decoded together. */
const TOGETHER = 16;

/**
 * What a network sees of some images, as rows of red, green, blue bytes: `imageSizePx² · 3`. Image files are decoded for
 * it once more.
 *
 * @param indices - of intact images
 * @returns by index
 */
export async function pixelsOf(
  dataset: Dataset,
  indices: readonly number[],
): Promise<Map<number, Uint8Array>> {
  if (!('files' in dataset)) return new Map(indices.map((index) => [index, dataset.pixels(index)]));
  const pixels = new Map<number, Uint8Array>();
  if (indices.length === 0) return pixels;
  const { channelMeans, channelDeviations } = dataset;
  const values = dataset.imageSizePx ** 2 * 3;
  const few = subset(dataset, indices);
  for await (const { images, sampleKeys } of evaluationBatches(few, { batchSize: TOGETHER })) {
    for (const [row, key] of sampleKeys.entries()) {
      const normalised = images.subarray(row * values, (row + 1) * values);
      const bytes = Uint8Array.from(normalised, (value, at) =>
        Math.round(255 * (value * (channelDeviations[at % 3] as number) + (channelMeans[at % 3] as number))),
      );
      pixels.set(indices[key] as number, bytes);
    }
  }
  return pixels;
}
