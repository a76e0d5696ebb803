import { mkdtemp, readFile, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { categoryOfWnid } from '@dmnn/categories';
import * as tar from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jpeg, labels, wnids, write, writeClassFolders } from '../fixtures/imagenet-files.js';
import { openDataset } from '../open-dataset.js';
import { openImagenet } from './open-imagenet.js';
import type { ImageFiles } from '../image-files.js';

const parquet = JSON.parse(
  await readFile(new URL('../fixtures/imagenet-parquet.json', import.meta.url), 'utf8'),
) as {
  readonly files: { readonly [name: string]: string };
  readonly otherColumns: string;
  readonly labels: number[];
  readonly images: string[];
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-imagenet-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const labelsOf = (dataset: ImageFiles) =>
  Array.from({ length: dataset.size }, (_, index) => dataset.label(index));

/** Packs files that are written for it. */
async function writeTar(path: string, files: Record<string, Uint8Array | string>): Promise<void> {
  const from = join(folder, 'unpacked', path);
  for (const [name, bytes] of Object.entries(files)) await write(join(from, name), bytes);
  await write(join(folder, path), '');
  await tar.create({ file: join(folder, path), cwd: from }, Object.keys(files));
}

describe('openImagenet', () => {
  it('opens class folders, with the official labels and categories of those that are there', async () => {
    await writeClassFolders(join(folder, 'train'), 2);
    await symlink(join(folder, 'train'), join(folder, 'val'));
    for (const split of ['train', 'test'] as const) {
      const dataset = await openImagenet(folder, split);
      expect([dataset.split, dataset.layout, dataset.classes]).toEqual([split, 'class-folders', 1000]);
      expect(labelsOf(dataset)).toEqual(labels.flatMap((label) => [label, label]));
      expect(dataset.category(4)).toBe(categoryOfWnid(wnids[2]));
      expect(dataset.categoryGroups?.[dataset.category(0)]).toBe('animals'); // a tench
    }
  });

  it("opens WebDataset's shards: classes in .cls, .json or the key; content by byte range", async () => {
    const images = await Promise.all([0, 1, 2, 3, 4].map(jpeg));
    const [a, b, c, d, e] = images as [Buffer, Buffer, Buffer, Buffer, Buffer];
    const long = `${'a-folder-of-a-very-long-name/'.repeat(6)}0003`; // more than a header holds
    await writeTar('train-000000.tar', {
      '0001.jpg': a,
      '0001.cls': '33\n',
      '0002.jpeg': b,
      '0002.json': JSON.stringify({ label: 999, filename: 'x' }),
      [`${long}.jpg`]: c,
      [`${long}.cls`]: '0',
    });
    await writeTar('train-000001.tar', {
      'n01443537_7.JPEG': d,
      '__key__.txt': 'other files are passed over',
    });
    await writeTar('val-000000.tar', { 'z.jpg': e, 'z.cls': wnids[2] });
    const train = await openImagenet(folder, 'train');
    expect([train.layout, train.size, train.name]).toEqual(['tar-shards', 4, 'imagenet']);
    expect(labelsOf(train)).toEqual([33, 999, 0, 1]);
    expect(train.categoryGroups?.[train.category(3)]).toBe('animals'); // a goldfish
    for (const index of [0, 1, 2, 3]) {
      expect(Buffer.from(await train.read(index)).equals(images[index]!)).toBe(true);
    }
    expect(train.file(3)).toBe(join(folder, 'train-000001.tar/n01443537_7.JPEG'));
    expect(() => train.label(4)).toThrow(/index: expected an integer from 0 to 3, got 4/);
    expect(labelsOf(await openImagenet(folder, 'test'))).toEqual([33]);
  });

  it('opens an archive for each class, and keeps where its files lie until it changes', async () => {
    await writeTar('train/n01443537.tar', { 'n01443537_1.JPEG': await jpeg(1) });
    const first = await openImagenet(folder, 'train');
    expect(labelsOf(first)).toEqual([1]);
    const index = join(folder, 'train', '.dmnn-index-train.json');
    const kept = await readFile(index, 'utf8');
    await openImagenet(folder, 'train');
    expect(await readFile(index, 'utf8')).toBe(kept);
    await utimes(join(folder, 'train/n01443537.tar'), 1, 1);
    expect(labelsOf(await openImagenet(folder, 'train'))).toEqual([1]);
    expect(await readFile(index, 'utf8')).not.toBe(kept); // made anew
    await write(index, kept.slice(0, 20));
    expect(labelsOf(await openImagenet(folder, 'train'))).toEqual([1]);
  });

  it('refuses damaged archives and images without a class', async () => {
    await writeTar('train/a.tar', { 'a.jpg': await jpeg(1) });
    await expect(openImagenet(folder, 'train')).rejects.toThrow(
      /a\.tar\/a\.jpg: expected a class .* got none/,
    );
    await writeTar('train/a.tar', { 'a.jpg': await jpeg(1), 'a.cls': '1000' });
    await expect(openImagenet(folder, 'train')).rejects.toThrow(/got "1000"/);
    await writeTar('train/a.tar', { 'a.jpg': await jpeg(1), 'a.json': '{' });
    await expect(openImagenet(folder, 'train')).rejects.toThrow(/got "\{"/);
    const whole = await readFile(join(folder, 'train/a.tar'));
    await write(join(folder, 'train/a.tar'), whole.subarray(0, 700));
    await expect(openImagenet(folder, 'train')).rejects.toThrow(
      /byte 512: expected \d+ bytes of a\.jpg, got 188/,
    );
    whole[3] = 1;
    await write(join(folder, 'train/a.tar'), whole);
    await expect(openImagenet(folder, 'train')).rejects.toThrow(/byte 0: expected a tar header's checksum/);
    await write(join(folder, 'train/a.tar'), new Uint8Array(100).fill(65));
    await expect(openImagenet(folder, 'train')).rejects.toThrow(/expected a tar header, got the end/);
  });

  it("opens the hub's parquet files", async () => {
    for (const [name, text] of Object.entries(parquet.files)) {
      await write(join(folder, 'data', name), Buffer.from(text, 'base64'));
    }
    const train = await openImagenet(folder, 'train');
    expect([train.layout, labelsOf(train)]).toEqual(['parquet', parquet.labels]);
    for (const [index, text] of parquet.images.entries()) {
      expect(Buffer.from(await train.read(index)).toString('base64')).toBe(text);
    }
    expect(train.file(4)).toBe(join(folder, 'data/train-00001-of-00002.parquet, row 1'));
    expect(labelsOf(await openImagenet(folder, 'test'))).toEqual([33]);
  });

  it('says that files of a series are missing', async () => {
    for (const number of [0, 2]) {
      await writeTar(`train-0000${number}-of-00003.tar`, { 'n01443537_1.JPEG': await jpeg(1) });
    }
    expect((await openImagenet(folder, 'train')).found?.remarks).toEqual([
      'train-NUMBER-of-00003.tar: only 2 of 3 files are there; 1 is missing: 00001.',
    ]);
    await write(join(folder, 'train-00001-of-00003.tar'), new Uint8Array(10_240));
    expect((await openImagenet(folder, 'train')).found?.remarks).toContainEqual(
      '1 of 3 archives have no images: train-00001-of-00003.tar.',
    );
  });

  it('refuses another split', async () => {
    await expect(openImagenet(folder, 'val' as 'test')).rejects.toThrow(
      new TypeError("split: expected 'train' or 'test', got val"),
    );
  });

  it('refuses parquet files of something else', async () => {
    const path = join(folder, 'val/other.parquet');
    await write(path, Buffer.from(parquet.otherColumns, 'base64'));
    await expect(openImagenet(folder, 'test')).rejects.toThrow(/columns image\.bytes and label, got text/);
    await write(join(folder, 'val/other.parquet'), 'no parquet at all, only text');
    await rm(path);
    await write(join(folder, 'val/text.parquet'), 'no parquet at all, only text');
    await expect(openImagenet(folder, 'test')).rejects.toThrow(/text\.parquet: expected a parquet file/);
    await rm(join(folder, 'val/text.parquet'));
    const unlabelled = parquet.files['test-00000-of-00001.parquet'];
    await write(join(folder, 'val/unlabelled.parquet'), Buffer.from(unlabelled!, 'base64'));
    await expect(openImagenet(folder, 'test')).rejects.toThrow(/record 0: expected a label .* got -1/);
  });

  it('says what is missing', async () => {
    await expect(openImagenet(join(folder, 'no'), 'train')).rejects.toMatchObject({ code: 'DMNN_DATA' });
    await expect(openImagenet(folder, 'train')).rejects.toThrow(/expected a folder train of class folders/);
    await write(join(folder, 'train', 'README'), '');
    await expect(openImagenet(folder, 'train')).rejects.toThrow(/images in class folders, got none/);
    await expect(openDataset('imagenet=/x')).rejects.toMatchObject({ code: 'DMNN_UNKNOWN_DATASET' });
  });

  it('says when a file has gone since', async () => {
    await writeTar('train/n01443537.tar', { 'n01443537_1.JPEG': await jpeg(1) });
    const dataset = await openImagenet(folder, 'train');
    await write(join(folder, 'train/n01443537.tar'), 'cut');
    await expect(dataset.read(0)).rejects.toThrow(/bytes of an image, got the end of the file/);
    await rm(join(folder, 'train/n01443537.tar'));
    await expect(dataset.read(0)).rejects.toThrow(/ENOENT/);
  });
});
