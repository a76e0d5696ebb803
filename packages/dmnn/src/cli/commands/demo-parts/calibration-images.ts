import type { Dataset } from '@dmnn/data';

/** Images to take the ranges of 8 bits from. */
const COUNT = 128;

/** The first images of a dataset, `[H, W, C]` each, normalised as for training. */
export async function calibrationImagesOf(dataset: Dataset): Promise<Float32Array[]> {
  const { evaluationBatches } = await import('@dmnn/data');
  for await (const { images, shape } of evaluationBatches(dataset, {
    batchSize: Math.min(COUNT, dataset.size),
  })) {
    const length = shape[1] * shape[2] * shape[3];
    return Array.from({ length: shape[0] }, (_, b) => images.slice(b * length, (b + 1) * length));
  }
  return [];
}
