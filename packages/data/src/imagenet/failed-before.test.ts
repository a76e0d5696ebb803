import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foundText } from '../found/found-text.js';
import { write } from '../fixtures/imagenet-files.js';
import { openImagenet } from './open-imagenet.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-failed-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Opens a file that an earlier version read wrongly. */
async function opened(name: string, as = name.replace(/^[^.]*/, 'train-00000')) {
  const file = new URL(`../fixtures/failed-before/${name}.gz`, import.meta.url);
  await write(join(folder, as), gunzipSync(await readFile(file)));
  return openImagenet(folder, 'train');
}

async function labelsOf(name: string) {
  const files = await opened(name);
  const content = await Promise.all(Array.from({ length: files.size }, (_, i) => files.read(i)));
  expect(content.every((image) => image[0] === 0xff && image[1] === 0xd8)).toBe(true);
  return Array.from({ length: files.size }, (_, i) => files.label(i));
}

describe('files that were read wrongly, by pyarrow and tarfile', () => {
  const steps = Array.from({ length: 12 }, (_, i) => 80 * i);

  it.each<[string, readonly number[]]>([
    ['string-label.parquet', [...Array<number>(6).fill(0), ...Array<number>(6).fill(278)]],
    ['hf-names.parquet', [1, 25, 1, 25, 1, 25, 1, 25, 1, 25, 1, 25]],
    ['codec-zstd.parquet', steps],
    ['codec-gzip.parquet', steps],
    ['dots-wnid.tar', Array<number>(7).fill(0)],
  ])('%s: its classes', async (name, labels) => {
    expect(await labelsOf(name)).toEqual(labels);
  });

  it.each<[string, number | undefined, RegExp]>([
    ['null-label.parquet', 1, /got null/],
    ['nan-label.parquet', 0, /got NaN/],
    ['dict-label.parquet', 0, /got "a"/],
    ['pqx-hang-18134.parquet', undefined, /parquet/],
    ['pqx-hang-25419.parquet', undefined, /parquet/],
    ['pqx-bad-25302.parquet', undefined, /parquet/],
    ['dup-diff.tar', undefined, /a\.jpg: expected an image, got 2 members of that name/],
    ['gz-as-tar.tar', undefined, /got a gzip-compressed file/],
  ])('%s: refused', async (name, record, message) => {
    const file = expect.stringContaining('train-00000') as string;
    await expect(labelsOf(name)).rejects.toMatchObject({ code: 'DMNN_DATA', file, record });
    await expect(labelsOf(name)).rejects.toThrow(message);
  });

  it('an archive of archives: how to unpack it', async () => {
    await expect(opened('ILSVRC2012_img_train.tar', 'ILSVRC2012_img_train.tar')).rejects.toThrow(
      /got 1 tar archive in it.* mkdir -p \S+\/train && tar -xf \S+\/ILSVRC2012_img_train\.tar -C \S+\/train$/,
    );
  });

  it('points in keys: images with their labels', async () => {
    const files = await opened('dots-in-key.tar');
    expect(files.size).toBe(6);
    for (let i = 0; i < files.size; i++) {
      expect(files.file(i)).toMatch(/img\.v\d\.jpg$/);
    }
    expect(Array.from({ length: 6 }, (_, i) => files.label(i))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('a hard link is an image', async () => {
    expect((await opened('hardlink.tar')).size).toBe(7);
  });

  it('TIFF images are read', async () => {
    expect(foundText(await opened('tiff.tar'))).toBe(
      'imagenet, train: 6 images of 6 of 1000 classes in tar shards',
    );
  });
});
