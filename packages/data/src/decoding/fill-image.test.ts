import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';
import { evaluationView } from './image-view.js';
import { fillImage, imagenetNormalisation, imageBatch } from './fill-image.js';
import { trainingView } from './training-view.js';

const cases = JSON.parse(readFileSync(new URL('../fixtures/image-files.json', import.meta.url), 'utf8')) as {
  file: string;
  name: string;
}[];
const images = cases.map(({ file, name }) => ({
  bytes: new Uint8Array(Buffer.from(file, 'base64')),
  file: name,
  viewOf: evaluationView({ shorterSidePx: 20, sizePx: 16 }),
}));
const values = 16 * 16 * 3;

describe('imageBatch', () => {
  it('is the decoded bytes, normalised', async () => {
    const batch = await imageBatch(images, 16);
    expect(batch.length).toBe(images.length * values);
    const { channelMeans, channelDeviations } = imagenetNormalisation;
    for (const [row, { bytes, viewOf, file }] of images.entries()) {
      const { pixels } = await decodeImage(bytes, viewOf, file);
      for (const [at, byte] of pixels.entries()) {
        const expected = (byte / 255 - channelMeans[at % 3]!) / channelDeviations[at % 3]!;
        // a product and a sum in float32, of values up to 2.7
        expect(Math.abs(batch[row * values + at]! - expected)).toBeLessThan(1e-6);
      }
    }
  });

  it('takes random crops that depend on their key only', async () => {
    const drawn = (order: number[]) =>
      imageBatch(
        order.map((at) => ({
          ...images[at]!,
          viewOf: trainingView({ seed: 4, epoch: 2, sampleKey: at }, { sizePx: 16 }),
        })),
        16,
      );
    const [forwards, backwards] = [await drawn([0, 1, 2]), await drawn([2, 1, 0])];
    expect(backwards.subarray(2 * values)).toEqual(forwards.subarray(0, values));
    expect(backwards.subarray(0, values)).toEqual(forwards.subarray(2 * values));
  });
});

describe('fillImage', () => {
  it('writes its own row only', async () => {
    const batch = new Float32Array(3 * values).fill(7);
    await fillImage(batch, 1, 16, images[0]!);
    expect(batch.subarray(0, values).every((value) => value === 7)).toBe(true);
    expect(batch.subarray(2 * values).every((value) => value === 7)).toBe(true);
    expect(batch.subarray(values, 2 * values).some((value) => value === 7)).toBe(false);
  });

  it('rejects what does not fit', async () => {
    const batch = new Float32Array(values);
    await expect(fillImage(batch, 1, 16, images[0]!)).rejects.toThrow(/row: expected/);
    await expect(fillImage(batch, 0, 8, images[0]!)).rejects.toThrow(
      /viewOf: expected 8 × 8 pixels, got 16 × 16/,
    );
    const statistics = { channelMeans: [0, 0, 0], channelDeviations: [1, 0, 1] };
    await expect(fillImage(batch, 0, 16, images[0]!, statistics)).rejects.toThrow(/channelDeviations\[1\]/);
    const unknown = { channelMeans: [0, 0], channelDeviations: [1, 1, 1] };
    await expect(fillImage(batch, 0, 16, images[0]!, unknown)).rejects.toThrow(/channelMeans\[2\]/);
  });
});
