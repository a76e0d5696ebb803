import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { write } from '../fixtures/imagenet-files.js';
import { parquetCases } from '../fixtures/parquet-cases.js';
import { openImagenet } from './open-imagenet.js';

const cases = await parquetCases();

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-parquet-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** All labels and images of a file, through the public way. */
async function contentOf(bytes: Uint8Array) {
  await write(join(folder, 'train-00000.parquet'), bytes);
  const files = await openImagenet(folder, 'train');
  const rows = Array.from({ length: files.size }, (_, row) => row);
  return {
    labels: rows.map((row) => files.label(row)),
    images: await Promise.all(rows.map((row) => files.read(row))),
  };
}

async function errorOf(bytes: Uint8Array): Promise<DataError> {
  const error: unknown = await contentOf(bytes).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  return error as DataError;
}

describe('parquet files that pyarrow wrote', () => {
  it.each(cases.filter(({ labels }) => labels))('$name: labels and images', async ({ bytes, ...right }) => {
    const { labels, images } = await contentOf(bytes);
    expect(labels).toEqual(right.labels);
    expect(images.map((image) => Buffer.from(image))).toEqual(right.images);
  });

  it.each(cases.filter(({ message }) => message))(
    '$name: refused, with file, row and value',
    async ({ bytes, row, message = [] }) => {
      const error = await errorOf(bytes);
      expect(error.file).toBe(join(folder, 'train-00000.parquet'));
      expect(error.record).toBe(row ?? undefined);
      for (const part of message) expect(error.message).toContain(part);
    },
  );

  it('counts the rows of several files, one of them empty', async () => {
    const named = (name: string) => cases.find((each) => each.name === name)!.bytes;
    await write(join(folder, 'train-0.parquet'), named('no rows'));
    await write(join(folder, 'train-1.parquet'), named('wnids as strings'));
    await write(join(folder, 'train-2.parquet'), named('names of classes, only huggingface'));
    const files = await openImagenet(folder, 'train');
    expect(Array.from({ length: files.size }, (_, row) => files.label(row))).toEqual([
      0, 278, 33, 999, 1, 0, 1, 25,
    ]);
    expect(files.found?.remarks).toEqual([
      '1 of 3 parquet files name the classes of their labels: numbers are read by these names.',
      '1 of 3 parquet files have no rows.',
    ]);
    expect(files.file(6)).toBe(`${join(folder, 'train-2.parquet')}, row 0`);
  });
});

it('opens a file again that has been replaced', async () => {
  const bytes = (name: string) => cases.find((each) => each.name === name)!.bytes;
  expect((await contentOf(bytes('codec snappy'))).labels).toHaveLength(8);
  const before = await openImagenet(folder, 'train');
  const { labels, images } = await contentOf(bytes('names of classes'));
  expect([labels.length, images.length]).toEqual([5, 5]);
  await expect(before.read(7)).rejects.toThrow(
    /expected the file as it was when the data set was opened, got another one\. Open/,
  );
});

describe('parquet files of which some name their classes', () => {
  const named = (name: string) => cases.find((each) => each.name === name)!.bytes;
  /** Goldfish, fire salamander, tench, shark: classes 1, 25, 0, 2. */
  const names = named('names of classes');
  const numbers = named('numbers from 0 to 3');
  const labels = async (split: 'train' | 'test' = 'train') => {
    const files = await openImagenet(folder, split);
    return Array.from({ length: files.size }, (_, row) => files.label(row));
  };
  const remarks = async () => (await openImagenet(folder, 'train')).found?.remarks;

  it('reads the numbers of all by these names, and says so', async () => {
    await write(join(folder, 'train-0.parquet'), numbers);
    expect(await labels()).toEqual([0, 1, 2, 3]);
    await write(join(folder, 'train-1.parquet'), names);
    expect(await labels()).toEqual([1, 25, 0, 2, 1, 25, 0, 2, 1]);
    expect(await remarks()).toEqual([
      '1 of 2 parquet files name the classes of their labels: numbers are read by these names.',
      '1 parquet file names no classes (train-0.parquet): its numbers are read by the names in train-1.parquet.',
    ]);
    await write(join(folder, 'train-2.parquet'), named('classes without names'));
    await write(join(folder, 'train-3.parquet'), named('wnids as strings'));
    expect((await labels()).slice(9)).toEqual([1, 2, 0, 278, 33, 999, 1, 0]);
    expect((await remarks())?.[1]).toBe(
      '2 parquet files name no classes (train-0.parquet, …): their numbers are read by the names in train-1.parquet.',
    );
  });

  it('refuses numbers that do not fit the names of the others', async () => {
    const path = join(folder, 'train-1.parquet');
    await write(join(folder, 'train-0.parquet'), names);
    await write(path, named('labels of int8'));
    const expected = `a label from 0 to 3, for the 4 classes that ${join(folder, 'train-0.parquet')} names`;
    await expect(labels()).rejects.toMatchObject({ file: path, record: 1, expected, got: '33' });
    await write(path, named('names that are numbers'));
    await expect(labels()).rejects.toThrow(
      /train-1\.parquet: expected .* 4 classes, as in train-0\.parquet, got 10, without names/,
    );
  });

  it('refuses files without names where the others disagree', async () => {
    await write(join(folder, 'train-0.parquet'), names);
    await write(join(folder, 'train-1.parquet'), named('a name that two classes share, not used'));
    expect(await labels()).toEqual([1, 25, 0, 2, 1, 0, 0]);
    expect((await remarks())?.[1]).toBe(
      'They name different classes, as train-0.parquet and train-1.parquet do: each file is read by its own names.',
    );
    await write(join(folder, 'train-2.parquet'), numbers);
    await expect(labels()).rejects.toThrow(
      /train-2\.parquet: expected .* not as in train-0\.parquet and train-1\.parquet, got none/,
    );
  });

  it('reads the numbers of a split without names by those of the other split', async () => {
    await write(join(folder, 'data', 'validation-00000-of-00001.parquet'), numbers);
    await write(join(folder, 'data', 'train-00000-of-00002.parquet'), names);
    await write(join(folder, 'data', 'train-00001-of-00002.parquet'), 'damaged'); // for those who train
    expect(await labels('test')).toEqual([1, 25, 0, 2]);
    expect((await openImagenet(folder, 'test')).found?.remarks).toEqual([
      '1 parquet file names no classes (validation-00000-of-00001.parquet): its numbers are read by the names in train-00000-of-00002.parquet.',
    ]);
  });
});

describe('damaged parquet files', () => {
  const { bytes } = cases.find(({ name }) => name === 'codec snappy')!;

  it('says what else a file is', async () => {
    expect((await errorOf(new Uint8Array())).message).toContain('an empty file');
    expect(
      (await errorOf(new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n'))).message,
    ).toContain('begins and ends with PAR1, got a Git LFS pointer');
    const [page, packed] = [new TextEncoder().encode('<!DOCTYPE html>'), Uint8Array.of(0x1f, 0x8b, 8, 0)];
    expect((await errorOf(page)).message).toContain('got a web page');
    expect((await errorOf(packed)).message).toContain('got a gzip-compressed file');
    expect((await errorOf(bytes.slice(0, -20))).message).toContain('got a file that ends with other bytes');
    const encrypted = Uint8Array.from(bytes);
    encrypted.set(new TextEncoder().encode('PARE'), bytes.length - 4);
    expect((await errorOf(encrypted)).message).toContain('an encrypted one');
  });

  it('refuses a file that ends early, wherever', async () => {
    for (let length = 0; length < bytes.length; length += 97) {
      expect((await errorOf(bytes.slice(0, length))).code).toBe('DMNN_DATA');
    }
  });

  it('claims no memory for rows that the file cannot hold', async () => {
    // bytes of the footer, made the largest that fits: rows, values, sizes, offsets
    const footer = bytes.length - 8 - Buffer.from(bytes).readUInt32LE(bytes.length - 8);
    for (let at = footer; at < bytes.length - 8; at += 7) {
      const changed = Buffer.concat([
        bytes.subarray(0, at),
        Uint8Array.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        bytes.subarray(at + 1, -8),
        Uint8Array.from([0, 0, 0, 0]),
        bytes.subarray(-4),
      ]);
      changed.writeUInt32LE(bytes.length - 8 - footer + 5, changed.length - 8);
      const error: unknown = await contentOf(changed).catch((thrown: unknown) => thrown);
      if (error instanceof Error) expect(error).toBeInstanceOf(DataError);
    }
  });
});
