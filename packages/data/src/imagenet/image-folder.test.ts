import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { categoryOfWnid } from '@dmnn/categories';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { evaluationBatches } from '../batches/evaluation-batches.js';
import { trainingBatches } from '../batches/training-batches.js';
import { ImageDecoder } from '../decoding/image-decoder.js';
import { imageFileDataset } from '../image-file-dataset.js';
import { openImagenetFolder, openImageFolder } from './image-folder.js';

let folder = '';

// a tench, a goldfish and a loggerhead: classes 0, 1 and 33 of ILSVRC-2012
const colours = { n01440764: '#ff0000', n01443537: '#00ff00', n01664065: '#0000ff' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-images-'));
  for (const [wnid, background] of Object.entries(colours)) {
    await mkdir(join(folder, wnid));
    const image = sharp({ create: { width: 40, height: 30, channels: 3, background } });
    for (const name of ['b.JPEG', 'a.png']) {
      await writeFile(
        join(folder, wnid, name),
        await (name === 'a.png' ? image.png() : image.jpeg()).toBuffer(),
      );
    }
    await writeFile(join(folder, wnid, 'notes.txt'), 'no image');
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('openImageFolder', () => {
  it('labels images by their folders, in order', async () => {
    const dataset = await openImageFolder(folder, 'train', { name: 'three' });
    expect(dataset.name).toBe('three');
    expect(dataset.classNames).toEqual(Object.keys(colours));
    expect([0, 1, 2, 3, 4, 5].map((index) => dataset.label(index))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(dataset.file(1)).toBe(join(folder, 'n01440764', 'b.JPEG'));
    expect([...(await dataset.read(1)).subarray(0, 2)]).toEqual([0xff, 0xd8]);
    expect(() => dataset.label(6)).toThrow(/index: expected an integer from 0 to 5, got 6/);
  });

  it("takes ImageNet's labels, whichever classes are there", async () => {
    const dataset = await openImagenetFolder(folder, 'test');
    expect([dataset.classes, dataset.categories]).toEqual([1000, 58]);
    expect([0, 2, 4].map((index) => dataset.label(index))).toEqual([0, 1, 33]);
    expect(dataset.classNames[1]).toBe('goldfish');
    expect(dataset.category(4)).toBe(categoryOfWnid('n01664065'));
  });

  it('follows links to images and to folders of them, as part of a data set is often laid out', async () => {
    const linked = join(folder, '..', `${basename(folder)}-linked`);
    try {
      await mkdir(join(linked, 'own'), { recursive: true });
      await symlink(join(folder, 'n01440764', 'b.JPEG'), join(linked, 'own', 'c.jpg'));
      await symlink(join(folder, 'n01443537'), join(linked, 'whole'));
      await symlink(join(folder, 'gone'), join(linked, 'nowhere'));
      const dataset = await openImageFolder(linked, 'train');
      expect(dataset.classNames).toEqual(['own', 'whole']);
      expect([0, 1, 2].map((index) => dataset.label(index))).toEqual([0, 1, 1]);
      expect([...(await dataset.read(0)).subarray(0, 2)]).toEqual([0xff, 0xd8]);
    } finally {
      await rm(linked, { recursive: true, force: true });
    }
  });

  it('says what is wrong', async () => {
    await expect(openImageFolder(join(folder, 'no'), 'train')).rejects.toThrow(DataError);
    await expect(openImageFolder(join(folder, 'n01440764'), 'train')).rejects.toThrow(
      /images in class folders, got none/,
    );
    await expect(openImageFolder(folder, 'train', { folders: ['n01440764'] })).rejects.toThrow(
      /n01443537: expected a folder named/,
    );
    const gone = await openImageFolder(folder, 'train');
    await rm(join(folder, 'n01664065', 'a.png'));
    await expect(gone.read(4)).rejects.toThrow(/a\.png: expected a readable file/);
  });
});

describe('batches of images', () => {
  const decoder = new ImageDecoder({ workers: 0 });

  it('hold every image once in evaluation, normalised', async () => {
    const size = { shorterSidePx: 16, sizePx: 12 };
    const dataset = imageFileDataset(await openImageFolder(folder, 'test'), { ...size, decoder });
    const batches = [];
    for await (const batch of evaluationBatches(dataset, { batchSize: 2 })) batches.push(batch);
    expect(batches.map(({ shape }) => shape)).toEqual([
      [2, 12, 12, 3],
      [2, 12, 12, 3],
      [1, 12, 12, 3],
    ]);
    expect(batches.flatMap(({ labels }) => [...labels])).toEqual([0, 0, 1, 1, 2]);
    // the first is red all over: (1 − 0.485) / 0.229 = 2.2489, (0 − 0.456) / 0.224 = −2.0357
    expect(batches[0]!.images[0]).toBeCloseTo(2.2489, 4);
    expect(batches[0]!.images[1]).toBeCloseTo(-2.0357, 4);
  });

  it('depend on seed, epoch and step only in training', async () => {
    const files = await openImageFolder(folder, 'train');
    const dataset = imageFileDataset(files, { sizePx: 8, decoder });
    const options = { batchSize: 2, seed: 5, epoch: 3, augment: 'random-resized-crop' } as const;
    const drawn = async (startStep: number) => {
      const all = [];
      for await (const batch of trainingBatches(dataset, { ...options, startStep })) all.push(batch);
      return all;
    };
    const [whole, resumed] = [await drawn(0), await drawn(1)];
    expect(whole.length).toBe(2);
    expect(resumed).toEqual(whole.slice(1));
    expect(whole[0]!.shape).toEqual([2, 8, 8, 3]);
    expect(() => imageFileDataset(files, { sizePx: 0, decoder })).toThrow(/sizePx/);
  });

  it('leave a damaged file out, naming it', async () => {
    await writeFile(join(folder, 'n01664065', 'c.jpg'), Uint8Array.of(0xff, 0xd8, 0xff));
    const dataset = imageFileDataset(await openImageFolder(folder, 'test'), { sizePx: 8, decoder });
    const skipped = [];
    for await (const batch of evaluationBatches(dataset, { batchSize: 8 }))
      skipped.push(...(batch.skipped ?? []));
    const damaged = skipped.map(({ index, problem }) => ({ index, error: new DataError(problem) }));
    const message = /c\.jpg: expected a JPEG that is intact, got the end of the file/;
    expect(damaged).toEqual([
      { index: 5, error: expect.objectContaining({ message: expect.stringMatching(message) }) },
    ]);
    await expect(dataset.pixels(5)).rejects.toThrow(message);
  });
});
