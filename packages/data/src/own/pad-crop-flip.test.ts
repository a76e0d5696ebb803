import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { trainingBatches } from '../batches/training-batches.js';
import type { Dataset } from '../dataset.js';
import { ImageDecoder } from '../decoding/image-decoder.js';
import { imageFileDataset } from '../image-file-dataset.js';
import { withCategories } from './with-categories.js';

/** Six PNGs of slopes, of other sizes; the third is damaged if asked. */
async function dataset(isDamaged: boolean): Promise<Dataset> {
  const contents = await Promise.all(
    [0, 1, 2, 3, 4, 5].map((n) => {
      const [width, height] = [9 + n, 12 - n];
      const bytes = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * (n + 3)) % 256);
      return sharp(bytes, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
    }),
  );
  return imageFileDataset(
    {
      ...{ name: 'slopes', split: 'train', size: 6, classes: 2, categories: 1 },
      ...{ classNames: ['even', 'odd'], categoryNames: ['everything'] },
      ...{ channelMeans: [0.5, 0.4, 0.3], channelDeviations: [0.2, 0.3, 0.4] },
      label: (index) => index % 2,
      category: () => 0,
      file: (index) => `${index}.png`,
      read: (index) =>
        Promise.resolve(
          new Uint8Array(contents[index] as Buffer).subarray(0, isDamaged && index === 2 ? 40 : undefined),
        ),
    },
    { sizePx: 8, shorterSidePx: 8, padCropFlip: true, decoder: new ImageDecoder({ workers: 0 }) },
  );
}

const options = { batchSize: 3, seed: 1, epoch: 2, augment: 'pad-crop-flip' } as const;

describe('pad-crop-flip of image files', () => {
  it('is that of their pixels in memory', async () => {
    const files = await dataset(false);
    const expected = [];
    for await (const batch of trainingBatches({ ...files, images: undefined }, options)) expected.push(batch);
    const got = [];
    for await (const batch of trainingBatches(files, options)) got.push(batch);
    expect(got).toEqual(expected);
  });

  it('replaces damaged images', async () => {
    const skipped: number[] = [];
    for await (const batch of trainingBatches(await dataset(true), options))
      skipped.push(...(batch.skipped ?? []).map(({ index }) => index));
    expect(skipped).toEqual([2]);
  });
});

describe('withCategories', () => {
  it('refuses categories that are not one for each class', async () => {
    const files = await dataset(false);
    const categoryNames = ['a', 'b'];
    expect(withCategories(files, { categoryNames, categoryOfClass: [1, 0] }).category(0)).toBe(1);
    for (const categoryOfClass of [[0], [0, 2], [0, 0.5]])
      expect(() => withCategories(files, { categoryNames, categoryOfClass })).toThrow(RangeError);
  });
});
