import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { write } from '../fixtures/imagenet-files.js';
import { parquetCases } from '../fixtures/parquet-cases.js';
import { openOwnImages } from './open-own-images.js';

const cases = await parquetCases();

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-shards-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes an archive by the system's tar, of files of these contents. */
async function archive(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const content = await mkdtemp(join(tmpdir(), 'dmnn-content-'));
  for (const [path, text] of Object.entries(files)) await write(join(content, path), text);
  const target = join(folder, name);
  await write(target, '');
  execFileSync('tar', ['-cf', target, '-C', content, ...(await readdir(content)).sort()]);
  await rm(content, { recursive: true });
}

/** `file=class` of each image of a split. */
async function labelled(split: 'train' | 'test' = 'train'): Promise<string[]> {
  const own = await openOwnImages(folder);
  const files = own[split];
  return Array.from({ length: files?.size ?? 0 }, (_, i) => {
    const name = files?.file(i).slice(folder.length + 1);
    return `${name}=${files?.classNames[files.label(i)]}`;
  });
}

const problemOf = async (): Promise<string> => {
  const error: unknown = await openOwnImages(folder).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'DMNN_DATA' });
  return (error as Error).message;
};

describe('tar archives of one’s own classes', () => {
  it('have them in files, as numbers or names', async () => {
    await archive('train-0.tar', { '0.jpg': 'a', '0.cls': '10', '1.jpg': 'b', '1.cls': '9\n' });
    await archive('train-1.tar', { '2.jpg': 'c', '2.json': '{"label": 9}' });
    await archive('val-0.tar', { '3.png': 'd', '3.cls': '9', '4.png': 'e', '4.cls': '10' });
    expect(await labelled()).toEqual(['train-0.tar/0.jpg=10', 'train-0.tar/1.jpg=9', 'train-1.tar/2.jpg=9']);
    expect(await labelled('test')).toEqual(['val-0.tar/3.png=9', 'val-0.tar/4.png=10']);
    const { train, test } = await openOwnImages(folder);
    expect([train?.classNames, test?.classNames, train?.layout]).toEqual([
      ['9', '10'],
      ['9', '10'],
      'tar-shards',
    ]);
    expect(Buffer.from((await train?.read(1)) ?? []).toString()).toBe('b');
  });

  it('have them in folders, below those that all share; nested ones belong to the class', async () => {
    await archive('train/a.tar', {
      'flowers/rose/wild/1.jpg': '1',
      'flowers/rose/2.jpg': '2',
      'flowers/tulip/3.jpg': '3',
    });
    await archive('test/b.tar', { 'flowers/rose/4.jpg': '4', 'flowers/tulip/5.jpg': '5' });
    const expected = [
      'train/a.tar/flowers/rose/2.jpg=rose',
      'train/a.tar/flowers/rose/wild/1.jpg=rose',
      'train/a.tar/flowers/tulip/3.jpg=tulip',
    ];
    expect((await labelled()).sort()).toEqual(expected);
    expect(await readdir(join(folder, 'train'))).toContain('.dmnn-own-index-train.json');
    expect((await labelled()).sort()).toEqual(expected); // by the stored index
    expect((await openOwnImages(folder)).train?.found?.passedOver).toEqual([]);
  });

  it('without splits are all training images, in the order of a network’s classes if asked', async () => {
    await archive('images.tar', { 'b/1.jpg': '', 'a/2.jpg': '', 'a/notes.txt': '' });
    const { train, test } = await openOwnImages(folder, { classNames: ['c', 'b', 'a'] });
    expect([train?.classes, test, train?.found?.classes]).toEqual([3, undefined, 2]);
    expect(train?.found?.passedOver).toMatchObject([
      { reason: 'not read', count: 1, example: 'a/notes.txt' },
    ]);
    await expect(openOwnImages(folder, { classNames: ['a', 'x'] })).rejects.toThrow('got "b" too');
  });

  it.each([
    [
      'from files and from folders',
      { 'a/1.jpg': '', 'b/2.jpg': '', 'b/2.cls': 'x' },
      /got "x" from a file and "a" from a folder/,
    ],
    [
      'none',
      { '1.jpg': '', '2.jpg': '' },
      /expected a class: in 1\.cls, as label in 1\.json, or a folder in the archive, got none/,
    ],
    ['an empty one', { '1.jpg': '', '1.cls': ' ' }, /got ""/],
    ['one', { '1.jpg': '', '1.cls': 'x' }, /images of "x" alone/],
    ['splits', { 'train/1.jpg': '', 'val/2.jpg': '' }, /folders named as splits: "train", "val"/],
    [
      'names with what a terminal obeys',
      { '1.jpg': '', '1.cls': '\u001b[2J' },
      /images of "\\u001b\[2J" alone/,
    ],
  ])('are refused with classes %s', async (_, files, message) => {
    await archive('images.tar', files);
    expect(await problemOf()).toMatch(message);
  });

  it('are refused with a class in one split only', async () => {
    await archive('train.tar', { 'a/1.jpg': '', 'b/2.jpg': '' });
    await archive('val.tar', { 'a/3.jpg': '', 'c/4.jpg': '' });
    expect(await problemOf()).toMatch(
      /"b" only among the training images, and "c" only among the test images/,
    );
  });

  it('next to class folders do not count', async () => {
    await archive('backup.tar', { 'x/1.jpg': '' });
    for (const name of ['a/1.jpg', 'b/1.jpg']) await write(join(folder, name), '');
    const { train } = await openOwnImages(folder);
    expect([train?.layout, train?.found?.passedOver[0]?.example]).toEqual(['class-folders', 'backup.tar']);
  });

  it('compressed ones are called that, with the command', async () => {
    await writeFile(join(folder, 'images.tar.gz'), '');
    expect(await problemOf()).toMatch(/expected a tar archive that is not compressed, got .*gzip -d/);
  });
});

describe('parquet files of one’s own classes', () => {
  const named = (name: string) => cases.find((each) => each.name === name)!;

  it('have texts, or numbers that their metadata name', async () => {
    await write(join(folder, 'data', 'train-0.parquet'), named('wnids as strings').bytes);
    const { train } = await openOwnImages(folder);
    expect(train?.classNames).toEqual(['n01440764', 'n01443537', 'n01664065', 'n02119789', 'n15075141']);
    expect([train?.layout, train?.label(1)]).toEqual(['parquet', 3]);
    await rm(join(folder, 'data'), { recursive: true });
    await write(join(folder, 'train-0.parquet'), named('names of classes, only huggingface').bytes);
    const byNames = (await openOwnImages(folder)).train;
    expect(byNames?.classNames.length).toBeGreaterThan(1);
    expect(byNames?.found?.remarks).toEqual([
      '1 of 1 parquet files name the classes of their labels: numbers are read by these names.',
    ]);
    expect(Buffer.from((await byNames?.read(0)) ?? [])).toEqual(
      named('names of classes, only huggingface').images?.[0],
    );
  });
});
