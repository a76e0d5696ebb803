import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openOwnImages } from './open-own-images.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-own-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

let folders = 0;
/** A folder with files of these paths; only names are read when it is opened. */
function withFiles(...paths: readonly string[]): string {
  const folder = join(root, `data${folders++}`, 'flowers');
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), '');
  }
  return folder;
}

const labelled = async (folder: string, classNames?: readonly string[]): Promise<Record<string, number>> => {
  const { train } = await openOwnImages(folder, { classNames });
  return Object.fromEntries(
    Array.from({ length: train?.size ?? 0 }, (_, i) => [
      train?.file(i).slice(folder.length + 1),
      train?.label(i),
    ]),
  ) as Record<string, number>;
};

describe('openOwnImages', () => {
  it.each([
    ['train', 'val'],
    ['train', 'test'],
    ['Train', 'Validation'],
    ['training', 'valid'],
  ])('finds %s and %s', async (train, val) => {
    const folder = withFiles(
      `${train}/rose/a.jpg`,
      `${train}/tulip/a.jpg`,
      `${val}/rose/b.jpg`,
      `${val}/tulip/b.png`,
    );
    const own = await openOwnImages(folder);
    expect([own.train?.size, own.test?.size, own.train?.name, own.test?.split]).toEqual([
      2,
      2,
      'folder=flowers',
      'test',
    ]);
    expect(own.train?.classNames).toEqual(['rose', 'tulip']);
  });

  it('reads a tree without splits as torchvision’s ImageFolder: nested folders, classes sorted by code points', async () => {
    // Python: sorted(['é', 'Z', 'a', '\uffee', '\U0001f337']) == ['Z', 'a', 'é', '\uffee', '\U0001f337']
    const folder = withFiles(
      'é/1.jpg',
      'Z/1.jpg',
      'a/deep/er/1.jpg',
      'a/0.jpg',
      '\uffee/1.jpg',
      '\u{1f337}/1.jpg',
    );
    expect(await labelled(folder)).toEqual({
      'Z/1.jpg': 0,
      'a/0.jpg': 1,
      'a/deep/er/1.jpg': 1,
      'é/1.jpg': 2,
      '\uffee/1.jpg': 3,
      '\u{1f337}/1.jpg': 4,
    });
    expect((await openOwnImages(folder)).test).toBeUndefined();
  });

  it('counts and names what is not read', async () => {
    const folder = withFiles(
      'a/1.jpg',
      'b/1.jpg',
      'a/._1.jpg',
      '.git/x',
      'b/notes.txt',
      'b/1.heic',
      'loose.jpg',
      'a/2.jpg.part',
    );
    const { train } = await openOwnImages(folder);
    expect(train?.found?.passedOver.map(({ reason, count, example }) => [reason, count, example])).toEqual([
      ['without a class', 1, 'loose.jpg'],
      ['hidden', 1, '.git'],
      ['unfinished download', 1, 'a/2.jpg.part'],
      ['hidden', 1, 'a/._1.jpg'],
      ['not read', 1, 'b/1.heic'],
      ['not read', 1, 'b/notes.txt'],
    ]);
  });

  it('takes the labels of a network’s classes, in its order', async () => {
    const folder = withFiles('a/1.jpg', 'c/1.jpg');
    expect(await labelled(folder, ['c', 'b', 'a'])).toEqual({ 'a/1.jpg': 2, 'c/1.jpg': 0 });
    const tulips = withFiles('rose/1.jpg', 'tulips/1.jpg');
    await expect(openOwnImages(tulips, { classNames: ['tulip', 'rose'] })).rejects.toThrow(
      /expected classes of the network, which knows "tulip", "rose", got "tulips" too\. Did you mean "tulip"\?/,
    );
  });

  it('says which folder of test images is not read', async () => {
    const folder = withFiles(
      'train/a/1.jpg',
      'train/b/1.jpg',
      'val/a/2.jpg',
      'val/b/2.jpg',
      'test/unknown.jpg',
    );
    const { test } = await openOwnImages(folder);
    expect(test?.found?.remarks).toEqual(['test is not read: val has the test images.']);
  });

  it.each([
    [
      'a class of the training images alone',
      ['train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg'],
      /got "b" only among the training images/,
    ],
    [
      'a class of the test images alone',
      ['train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg', 'val/b/1.jpg', 'val/c/1.jpg'],
      /got "c" only among the test images/,
    ],
    [
      'names that only differ in their encoding',
      ['train/a/1.jpg', 'train/caf\u00e9/1.jpg', 'val/a/1.jpg', 'val/cafe\u0301/1.jpg'],
      /how accents are encoded/,
    ],
    [
      'names that only differ in case',
      ['train/a/1.jpg', 'train/Rose/1.jpg', 'val/a/1.jpg', 'val/rose/1.jpg'],
      /upper and lower case/,
    ],
    ['one class', ['a/1.jpg', 'a/2.jpg'], /at least two classes, one folder each, got images of "a" alone/],
    ['one class in both splits', ['train/a/1.jpg', 'val/a/2.jpg'], /images of "a" alone/],
    [
      'a class without images',
      ['a/1.jpg', 'b/notes.txt', 'c/1.jpg'],
      /b: expected images, since each folder is a class, got none; passed over/,
    ],
    ['no images', ['a/readme.txt'], /expected images in class folders, got none/],
    ['images without classes', ['1.jpg', '2.jpg'], /Put the images of each class into a folder of its own/],
    [
      'test images alone',
      ['val/a/1.jpg', 'val/b/1.jpg'],
      /expected a folder train, since there is one of test images, got "val"/,
    ],
    [
      'two folders of one split',
      ['train/a/1.jpg', 'Train/a/1.jpg'],
      /expected one folder named train, got "Train", "train"/,
    ],
  ] as const)('refuses %s', async (_, paths, message) => {
    await expect(openOwnImages(withFiles(...paths))).rejects.toMatchObject({
      code: 'DMNN_DATA',
      message: expect.stringMatching(message) as string,
    });
  });

  it('opens test images alone, without the training images', async () => {
    const folder = withFiles('val/a/1.jpg', 'val/b/1.jpg');
    const { train, test } = await openOwnImages(folder, { testOnly: true });
    expect([train, test?.size]).toEqual([undefined, 2]);
  });

  it('names classes with odd characters without showing them raw', async () => {
    const odd = ['\u001b[2J', '\u202egnp', 'a"b', 'line\nend'];
    const folder = withFiles(...odd.map((name) => `train/${name}/1.jpg`), 'val/x/1.jpg');
    const { message } = (await openOwnImages(folder).catch((error: unknown) => error)) as Error;
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(message.replace(folder, '')).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(message).toContain('"a\\"b"');
    const all = withFiles(...odd.map((name) => `${name}/1.jpg`));
    expect([...((await openOwnImages(all)).train?.classNames ?? [])].sort()).toEqual([...odd].sort());
  });
});
