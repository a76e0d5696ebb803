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
