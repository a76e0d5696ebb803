import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { byteOfPixel, cifarFile } from '../fixtures/cifar-file.js';
import { type Cifar100Sizes, loadBothCifar100, loadCifar100 } from './load-cifar100.js';

const small: Cifar100Sizes = { train: 100, test: 100 };
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dmnn-data-'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

let folders = 0;
/** A fresh folder with these files. */
function folderWith(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = join(root, `folder${folders++}`);
  mkdirSync(folder);
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), contents);
  }
  return folder;
}

/** A correct file with some bytes changed. */
function changed(...changes: readonly (readonly [offset: number, value: number])[]): Uint8Array {
  const bytes = cifarFile();
  for (const [offset, value] of changes) bytes[offset] = value;
  return bytes;
}

async function errorOf(loading: Promise<unknown>): Promise<DataError> {
  const error: unknown = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DataError);
  return error as DataError;
}

describe('loadCifar100', () => {
  it('reads labels, categories and pixels', async () => {
    const bytes = cifarFile();
    const folder = folderWith({ 'train.bin': bytes, 'test.bin': changed([byteOfPixel(3, 1, 30, 5), 250]) });
    const test = await loadCifar100(folder, 'test', small);
    expect([test.name, test.split, test.size, test.imageSizePx, test.channels]).toEqual([
      'cifar100',
      'test',
      100,
      32,
      3,
    ]);
    expect([test.classes, test.categories]).toEqual([100, 20]);
    // record 3 is of class 3 · 37 mod 100 = 11: boy, of people (14)
    expect([test.label(3), test.classNames[11], test.category(3), test.categoryNames[14]]).toEqual([
      11,
      'boy',
      14,
      'people',
    ]);
    const pixels = test.pixels(3);
    const at = (row: number, column: number) => [
      ...pixels.subarray((row * 32 + column) * 3, (row * 32 + column) * 3 + 3),
    ];
    expect(at(0, 0)).toEqual([0, 1, 2].map((plane) => bytes[byteOfPixel(3, plane, 0, 0)]));
    expect(at(31, 17)).toEqual([0, 1, 2].map((plane) => bytes[byteOfPixel(3, plane, 31, 17)]));
    expect(at(30, 5)[1]).toBe(250);
  });

  it('accepts the folder above, and reads both splits', async () => {
    const folder = folderWith({
      'cifar-100-binary/train.bin': cifarFile(),
      'cifar-100-binary/test.bin': cifarFile(),
    });
    const { train, test } = await loadBothCifar100(folder, small);
    expect([train.split, test.split]).toEqual(['train', 'test']);
    expect((await loadCifar100(folder, 'train', small)).pixels(5)).toEqual(train.pixels(5));
  });

  it("takes both splits' channel means from train.bin", async () => {
    const black = changed();
    for (let record = 0; record < 100; record++) {
      black.fill(0, record * 3074 + 2, (record + 1) * 3074);
      black.fill(51, record * 3074 + 2, record * 3074 + 2 + 512); // half of red at 0.2
    }
    const { train, test } = await loadBothCifar100(
      folderWith({ 'train.bin': black, 'test.bin': cifarFile() }),
      small,
    );
    // half 0, half 0.2: mean 0.1, deviation 0.1
    for (const { channelMeans, channelDeviations } of [train, test]) {
      expect(channelMeans[0]).toBeCloseTo(0.1, 12);
      expect(channelDeviations[0]).toBeCloseTo(0.1, 12);
      expect([channelMeans[1], channelDeviations[2]]).toEqual([0, 0]);
    }
  });

  it.each([-1, 100, 0.5])('refuses image %d', async (index) => {
    const train = await loadCifar100(folderWith({ 'train.bin': cifarFile() }), 'train', small);
    expect(() => train.pixels(index)).toThrow(`index: expected an integer from 0 to 99, got ${index}`);
    expect(() => train.label(index)).toThrow(RangeError);
  });
});

describe('loadCifar100 refuses', () => {
  it('a truncated file, by its official size too', async () => {
    const folder = folderWith({ 'train.bin': cifarFile().subarray(0, 5 * 3074 + 100) });
    const error = await errorOf(loadCifar100(folder, 'train'));
    expect(error).toMatchObject({
      code: 'DMNN_DATA',
      file: join(folder, 'train.bin'),
      record: 5,
      byteOffset: 15_470,
    });
    expect(error.message).toContain(
      'train.bin, record 5, byte 15470: expected 153700000 bytes (50000 records of 3074)',
    );
    expect(error.message).toContain('after 15470 bytes, inside record 5. The file is truncated');
  });

  it('a file with one byte too many', async () => {
    const error = await errorOf(
      loadCifar100(folderWith({ 'train.bin': new Uint8Array(307_401) }), 'train', small),
    );
    expect(error).toMatchObject({
      record: 100,
      byteOffset: 307_400,
      got: '307401 bytes, more than its records need',
    });
  });

  it('a coarse label that does not exist', async () => {
    const error = await errorOf(
      loadCifar100(folderWith({ 'train.bin': changed([7 * 3074, 20]) }), 'train', small),
    );
    expect(error).toMatchObject({
      record: 7,
      byteOffset: 21_518,
      expected: 'a coarse label from 0 to 19',
      got: '20',
    });
  });

  it('a fine label that does not exist', async () => {
    const error = await errorOf(
      loadCifar100(folderWith({ 'train.bin': changed([7 * 3074 + 1, 100]) }), 'train', small),
    );
    expect(error).toMatchObject({
      record: 7,
      byteOffset: 21_519,
      expected: 'a fine label from 0 to 99',
      got: '100',
    });
  });

  it('a coarse label that is not the superclass of the fine one', async () => {
    // record 0 is an apple, of fruit_and_vegetables (4)
    const error = await errorOf(loadCifar100(folderWith({ 'train.bin': changed([0, 1]) }), 'train', small));
    expect(error).toMatchObject({
      record: 0,
      byteOffset: 0,
      expected: 'coarse label 4 (fruit_and_vegetables), the superclass of fine label 0 (apple)',
      got: '1 (fish)',
    });
  });

  it('a record relabelled within its superclass, which only the count can show', async () => {
    // apple (0) becomes pear (57), both fruit_and_vegetables
    const error = await errorOf(loadCifar100(folderWith({ 'train.bin': changed([1, 57]) }), 'train', small));
    expect(error).toMatchObject({
      record: undefined,
      expected: '1 images of every class',
      got: '0 of class 0 (apple)',
    });
  });

  it('a file that cannot be read, here because it is larger than Node reads at once', async () => {
    const folder = folderWith({ 'train.bin': '' });
    truncateSync(join(folder, 'train.bin'), 2 ** 31 + 1); // a hole: it takes no space
    const error = await errorOf(loadCifar100(folder, 'train'));
    expect(error).toMatchObject({ file: join(folder, 'train.bin'), expected: 'a readable file' });
    expect(error.cause).toMatchObject({ code: 'ERR_FS_FILE_TOO_LARGE' });
  });

  it('a wrong test file when both are read', async () => {
    const folder = folderWith({ 'train.bin': cifarFile(), 'test.bin': changed([1, 100]) });
    expect((await errorOf(loadBothCifar100(folder, small))).file).toBe(join(folder, 'test.bin'));
  });
});

describe('loadCifar100 says what is there instead:', () => {
  const got = async (folder: string) => (await errorOf(loadCifar100(folder, 'test'))).got;

  it('nothing, with what to get and where', async () => {
    const error = await errorOf(loadCifar100(join(root, 'none'), 'test'));
    expect(error.got).toBe('nothing of that name');
    expect(error.expected).toBe('a folder with train.bin and test.bin');
    expect(error.message).toContain('"CIFAR-100 binary version" (cifar-100-binary.tar.gz, 161 MB)');
    expect(error.message).toContain('https://www.cs.toronto.edu/~kriz/cifar.html');
  });

  it('a file', async () => {
    expect(await got(join(folderWith({ 'train.bin': '' }), 'train.bin'))).toBe('a file');
  });

  it('one of two, here and in the folder below', async () => {
    expect(await got(folderWith({ 'train.bin': '' }))).toBe('a folder without test.bin');
    const above = folderWith({ 'cifar-100-binary/test.bin': '' });
    const error = await errorOf(loadCifar100(above, 'test'));
    expect([error.file, error.got]).toEqual([join(above, 'cifar-100-binary'), 'a folder without train.bin']);
  });

  it.each([
    ['cifar-100-binary.tar.gz', 'the archive cifar-100-binary.tar.gz, not unpacked'],
    ['data_batch_1.bin', 'CIFAR-10, which cifar10=PATH reads'],
    ['cifar-100-python/train', 'the Python version of CIFAR-100'],
    ['meta', 'the Python version of CIFAR-100'],
    ['notes.txt', 'a folder without them'],
  ])('%s', async (name, expected) => {
    expect(await got(folderWith({ [name]: '' }))).toBe(expected);
  });
});
