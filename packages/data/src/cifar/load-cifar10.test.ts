import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { foundText } from '../found/found-text.js';
import { byteOfPixel10, cifar10File } from '../fixtures/cifar10-file.js';
import { loadCifar10 } from './load-cifar10.js';

const small = { batch: 20, test: 20 };
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

/** All files, some of them replaced; without those that are undefined. */
function files(changes: Readonly<Record<string, Uint8Array | string | undefined>> = {}) {
  const all: Record<string, Uint8Array | string | undefined> = {
    ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`data_batch_${n}.bin`, cifar10File(n)])),
    'test_batch.bin': cifar10File(0),
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, Uint8Array | string] => entry[1] !== undefined),
  );
}

/** A correct file with some bytes changed. */
function changed(
  seed: number,
  ...changes: readonly (readonly [offset: number, value: number])[]
): Uint8Array {
  const bytes = cifar10File(seed);
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

describe('loadCifar10', () => {
  it('reads labels, categories and pixels, the batches in order', async () => {
    const folder = folderWith(files({ 'test_batch.bin': changed(0, [byteOfPixel10(3, 1, 30, 5), 250]) }));
    const { train, test } = await loadCifar10(folder, small);
    expect([train.size, test.size, train.name, train.split, test.split]).toEqual([
      100,
      20,
      'cifar10',
      'train',
      'test',
    ]);
    expect([train.classes, train.categories, train.imageSizePx]).toEqual([10, 2, 32]);
    // record 3 is of class 9, truck; record 1 of class 3, cat
    expect([test.classNames[test.label(3)], test.categoryNames[test.category(3)]]).toEqual([
      'truck',
      'vehicles',
    ]);
    expect([test.classNames[test.label(1)], test.categoryNames[test.category(1)]]).toEqual([
      'cat',
      'animals',
    ]);
    expect(test.pixels(3)[(30 * 32 + 5) * 3 + 1]).toBe(250);
    const third = cifar10File(3);
    expect([...train.pixels(2 * 20 + 7).subarray(0, 3)]).toEqual(
      [0, 1, 2].map((plane) => third[byteOfPixel10(7, plane, 0, 0)]),
    );
    expect(foundText(train)).toBe('cifar10, train: 100 images of 10 classes');
    expect(train.facts).toEqual({ trainingBatches: '1,2,3,4,5' });
  });

  it('counts and names the training batches that are missing, and what else lies there', async () => {
    const none = {
      'data_batch_1.bin': undefined,
      'data_batch_3.bin': undefined,
      'data_batch_5.bin': undefined,
    };
    const others = { 'data_batch_6.bin': '', 'old.bin': '', notes: '', 'readme.html': '' };
    const folder = folderWith(files({ ...none, ...others }));
    const { train, test } = await loadCifar10(folder, small);
    expect(train.size).toBe(40);
    expect(foundText(train)).toBe(
      'cifar10, train: 40 images of 10 classes; passed over 3: not of the binary version: 2 files of .bin (data_batch_6.bin, …), not of the binary version: 1 file (notes)\n' +
        'cifar10, train: 3 of 5 training batches are missing (data_batch_1.bin, data_batch_3.bin, data_batch_5.bin), so there are 40 of 100 training images',
    );
    expect(foundText(test)).toBe('cifar10, test: 20 images of 10 classes');
    expect(train.facts).toEqual({ trainingBatches: '2,4' });
    expect(train.channelMeans).toEqual(test.channelMeans);
  });

  it('takes channel means from the training batches that are there', async () => {
    const black = changed(1);
    for (let record = 0; record < 20; record++) {
      black.fill(0, record * 3073 + 1, (record + 1) * 3073);
      black.fill(51, record * 3073 + 1, record * 3073 + 1 + 512); // half of red at 0.2
    }
    const only = Object.fromEntries([2, 3, 4, 5].map((n) => [`data_batch_${n}.bin`, undefined]));
    const { test } = await loadCifar10(folderWith(files({ ...only, 'data_batch_1.bin': black })), small);
    // half 0, half 0.2: mean 0.1, deviation 0.1
    expect(test.channelMeans[0]).toBeCloseTo(0.1, 12);
    expect(test.channelDeviations[0]).toBeCloseTo(0.1, 12);
    expect(test.channelMeans[1]).toBe(0);
  });

  it('takes the folder above, and the list of class names with the empty line at its end', async () => {
    const list = 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n';
    const below = Object.entries(files({ 'batches.meta.txt': list })).map(([name, contents]) => [
      `cifar-10-batches-bin/${name}`,
      contents,
    ]);
    const folder = folderWith(Object.fromEntries(below) as Record<string, Uint8Array | string>);
    expect((await loadCifar10(folder, small)).train.size).toBe(100);
  });

  it.each([
    ['batch', { batch: 0 }],
    ['test', { test: 1.5 }],
  ])('refuses a wrong size of %s', async (name, sizes) => {
    await expect(loadCifar10(root, sizes)).rejects.toThrow(`sizes.${name}: expected an integer ≥ 1`);
  });
});

describe('loadCifar10 refuses', () => {
  it('a truncated batch, by its official size too', async () => {
    const folder = folderWith(files({ 'data_batch_2.bin': cifar10File(2).subarray(0, 5 * 3073 + 100) }));
    const { message } = await errorOf(loadCifar10(folder, small));
    expect(message).toContain(
      'data_batch_2.bin, record 5, byte 15465: expected 61460 bytes (20 records of 3073)',
    );
    expect((await errorOf(loadCifar10(folder))).expected).toBe('30730000 bytes (10000 records of 3073)');
  });

  it('a batch with CIFAR-100 records', async () => {
    const folder = folderWith(files({ 'data_batch_2.bin': new Uint8Array(20 * 3074) }));
    expect(await errorOf(loadCifar10(folder, small))).toMatchObject({
      record: 20,
      got: '61480 bytes, more than its records need',
    });
  });

  it('a label that does not exist', async () => {
    const error = await errorOf(
      loadCifar10(folderWith(files({ 'test_batch.bin': changed(0, [7 * 3073, 10]) })), small),
    );
    expect(error).toMatchObject({
      record: 7,
      byteOffset: 21_511,
      expected: 'a label from 0 to 9',
      got: '10',
    });
  });

  it.each([
    ['test_batch.bin', {}, '2 images of every class', '3 of class 1 (automobile)'],
    ['data_batch_4.bin', {}, '10 images of every class', '9 of class 0 (airplane)'],
  ])(
    'a record of %s with another label, which only the count can show',
    async (name, more, expected, got) => {
      const seed = name === 'test_batch.bin' ? 0 : 4;
      const label = name === 'test_batch.bin' ? [3 * 3073, 1] : [0, 1]; // truck, airplane → automobile
      const folder = folderWith(files({ [name]: changed(seed, label as [number, number]), ...more }));
      const error = await errorOf(loadCifar10(folder, small));
      expect(error).toMatchObject({ expected, got });
    },
  );

  it('a part with more images of a class than the whole has', async () => {
    const alike = cifar10File(1);
    for (let record = 0; record < 20; record++) alike[record * 3073] = 4;
    const only = Object.fromEntries([2, 3, 4, 5].map((n) => [`data_batch_${n}.bin`, undefined]));
    const error = await errorOf(
      loadCifar10(folderWith(files({ ...only, 'data_batch_1.bin': alike })), small),
    );
    expect(error).toMatchObject({
      expected: 'at most 10 images of every class',
      got: '20 of class 4 (deer)',
    });
  });

  it.each(['data_batch_3.bin', 'test_batch.bin'])('%s as a copy of another batch', async (name) => {
    const folder = folderWith(files({ [name]: cifar10File(1) }));
    expect(await errorOf(loadCifar10(folder, small))).toMatchObject({
      file: join(folder, name),
      got: 'the same bytes as data_batch_1.bin',
    });
  });

  it.each([
    ['airplane\nbird', 'automobile', '"bird"'],
    ['airplane', 'automobile', 'the end of the list'],
    ['a\nb\nc\nd\ne\nf\ng\nh\ni\nj', 'airplane', '"a"'],
  ])('a list of other class names, %j', async (list, expected, got) => {
    const error = await errorOf(loadCifar10(folderWith(files({ 'batches.meta.txt': list })), small));
    expect(error).toMatchObject({ expected, got });
  });
});

describe('loadCifar10 says what is there instead:', () => {
  it('nothing, with what to get and where', async () => {
    const error = await errorOf(loadCifar10(join(root, 'none')));
    expect(error.got).toBe('nothing of that name');
    expect(error.expected).toBe(
      'a folder with test_batch.bin and at least one of data_batch_1.bin to data_batch_5.bin',
    );
    expect(error.message).toContain('"CIFAR-10 binary version" (cifar-10-binary.tar.gz, 162 MB)');
    expect(error.message).toContain('https://www.cs.toronto.edu/~kriz/cifar.html');
  });

  it('one of two, here and in the folder below', async () => {
    expect((await errorOf(loadCifar10(folderWith({ 'data_batch_4.bin': '' })))).got).toBe(
      'a folder without test_batch.bin',
    );
    const above = folderWith({ 'cifar-10-batches-bin/test_batch.bin': '' });
    expect(await errorOf(loadCifar10(above))).toMatchObject({
      file: join(above, 'cifar-10-batches-bin'),
      got: 'a folder without training batches',
    });
  });

  it('a file', async () => {
    expect((await errorOf(loadCifar10(join(folderWith({ a: '' }), 'a')))).got).toBe('a file');
  });

  it.each([
    ['cifar-10-binary.tar.gz', 'the archive cifar-10-binary.tar.gz, not unpacked'],
    ['data_batch_1', 'the Python version of CIFAR-10'],
    ['cifar-10-batches-py/data_batch_1', 'the Python version of CIFAR-10'],
    ['cifar-10-batches-mat/batches.meta.mat', 'the Matlab version of CIFAR-10'],
    ['cifar-100-binary/train.bin', 'CIFAR-100, which cifar100=PATH reads'],
    ['notes.txt', 'a folder without them'],
  ])('%s, and how to get the binary version', async (name, got) => {
    const error = await errorOf(loadCifar10(folderWith({ [name]: '' })));
    expect(error.got).toBe(got);
    expect(error.remedy).toContain('Download the "CIFAR-10 binary version"');
  });
});
