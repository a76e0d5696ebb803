import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ImageDecoder } from '../decoding/image-decoder.js';
import { imageFileDataset } from '../image-file-dataset.js';
import type { ImageFiles } from '../image-files.js';
import { measuredNormalisation, measuredSize } from './measured-images.js';

type Size = readonly [widthPx: number, heightPx: number];

/** Images of one colour in these sizes; a damaged one for null. */
async function filesOf(
  sizes: readonly (Size | null)[],
  background = { r: 51, g: 102, b: 153 },
): Promise<ImageFiles> {
  const contents = await Promise.all(
    sizes.map((size) =>
      size
        ? sharp({ create: { width: size[0], height: size[1], channels: 3, background } })
            .png()
            .toBuffer()
        : Promise.resolve(Buffer.from([0xff, 0xd8, 0xff])),
    ),
  );
  return {
    ...{ name: 'plain', split: 'train', size: sizes.length, classes: 2, categories: 1 },
    ...{ classNames: ['a', 'b'], categoryNames: ['everything'] },
    ...{ channelMeans: [0, 0, 0], channelDeviations: [1, 1, 1] },
    label: (index) => index % 2,
    category: () => 0,
    file: (index) => `${index}.png`,
    read: (index) => Promise.resolve(new Uint8Array(contents[index] as Buffer)),
  };
}

describe('measuredSize', () => {
  it.each([
    [[[32, 32]], 32, 32],
    [
      [
        [28, 40],
        [30, 28],
        [64, 28],
      ],
      28,
      28,
    ],
    [[[500, 375]], 224, 256],
    [[[224, 300]], 224, 256],
    [[[200, 210]], 192, 219],
    [[[65, 65]], 64, 73],
    [[[95, 95]], 64, 73],
    [[[4, 90]], 8, 8],
  ] as const)('of %j is %d, from a shorter side of %d', async (sizes, sizePx, shorterSidePx) => {
    expect(await measuredSize(await filesOf(sizes))).toMatchObject({ sizePx, shorterSidePx });
  });

  it('passes over damaged images, unless all are', async () => {
    const { because } = await measuredSize(await filesOf([null, [48, 48]]));
    expect(because).toBe('median of the shorter sides of 1 image: 48 pixels');
    await expect(measuredSize(await filesOf([null, null]))).rejects.toMatchObject({ code: 'DMNN_DATA' });
  });
});

describe('measuredNormalisation', () => {
  const dataset = async (sizes: readonly (Size | null)[]) =>
    imageFileDataset(await filesOf(sizes), { sizePx: 8, decoder: new ImageDecoder({ workers: 0 }) });

  it('is of the intact images; a channel of one colour can be divided by', async () => {
    expect(await measuredNormalisation(await dataset([[9, 9], null, [8, 20]]))).toEqual({
      channelMeans: [0.2, 0.4, 0.6],
      channelDeviations: [0.0039, 0.0039, 0.0039],
    });
    await expect(measuredNormalisation(await dataset([null]))).rejects.toThrow('0.png: expected');
  });

  it('of images in memory is that of all their bytes', async () => {
    const { builtInDataset } = await import('../built-in/built-in-dataset.js');
    const four = builtInDataset({ split: 'train', size: 4 });
    const values = [0, 1, 2, 3].flatMap((index) => [...four.pixels(index)].filter((_, i) => i % 3 === 0));
    const mean = values.reduce((sum, value) => sum + value / 255, 0) / values.length;
    const { channelMeans } = await measuredNormalisation(four);
    expect(channelMeans[0]).toBeCloseTo(mean, 4);
  });
});
