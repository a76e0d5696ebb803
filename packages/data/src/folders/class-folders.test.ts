import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { write } from '../fixtures/imagenet-files.js';
import { foundText } from '../found/found-text.js';
import { openImageFolder } from '../imagenet/image-folder.js';
import { openImagenet } from '../imagenet/open-imagenet.js';

let folder = '';
let outside = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-folders-'));
  outside = await mkdtemp(join(tmpdir(), 'dmnn-outside-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await rm(outside, { recursive: true });
});

async function files(...paths: string[]): Promise<void> {
  for (const path of paths) await write(join(folder, path), 'content');
}

/** `path=label` of each image. */
async function found(): Promise<string[]> {
  const images = await openImageFolder(folder, 'train');
  return Array.from(
    { length: images.size },
    (_, i) => `${relative(folder, images.file(i))}=${images.label(i)}`,
  );
}

const text = async (): Promise<string> => foundText(await openImageFolder(folder, 'train', { name: 'pets' }));

describe('class folders', () => {
  it('hold images in folders within them, in the order of torchvision', async () => {
    // torchvision.datasets.folder.make_dataset: sorted(os.walk(folder of the class)), then sorted names
    await files(
      'b/x.jpg',
      'a/z.jpg',
      'a/2/y.png',
      'a/10/w.WEBP',
      'a/10/v.jpg',
      'a/10/deep/u.tiff',
      'a/B.JPEG',
    );
    expect(await found()).toEqual([
      'a/B.JPEG=0',
      'a/z.jpg=0',
      'a/10/v.jpg=0',
      'a/10/w.WEBP=0',
      'a/10/deep/u.tiff=0',
      'a/2/y.png=0',
      'b/x.jpg=1',
    ]);
  });

  it('count what is not read, hidden, or next to them, with an example of each', async () => {
    await files(
      'a/1.jpg',
      'a/2.jfif',
      'a/3.jpe',
      'a/4.bmp',
      'a/sub/5.ppm',
      'a/sub/6.bmp',
      'a/notes',
      'b/1.jpg',
    );
    await files(
      'a/._1.jpg',
      'b/.git/x.jpg',
      '.DS_Store',
      '__MACOSX/a/._1.jpg',
      'b/@eaDir/1.jpg/thumb.jpg',
      'top.jpg',
    );
    expect(await text()).toBe(
      'pets, train: 4 images of 2 classes in class folders; passed over 10: without a class: 1 file (top.jpg), ' +
        'hidden: 2 files (.DS_Store, …), hidden: 3 folders (__MACOSX, …), ' +
        'not read: 2 files of .bmp (a/4.bmp, …), not read: 1 file (a/notes), not read: 1 file of .ppm (a/sub/5.ppm)',
    );
  });

  it('are not hidden by archives next to them', async () => {
    await files('train/n01440764/a.jpg', 'train/stray.tar', 'train/x.parquet', 'train-0.tar');
    const images = await openImagenet(folder, 'train');
    expect(foundText(images)).toBe(
      'imagenet, train: 1 image of 1 of 1000 classes in class folders; passed over 2: not read: 1 file of .tar ' +
        '(stray.tar), not read: 1 file of .parquet (x.parquet)',
    );
  });

  it('are read once through links, and links in circles end', async () => {
    await files('a/1.jpg', 'b/2.jpg', 'b/sub/3.jpg');
    await write(join(outside, 'x', '4.jpg'), 'content');
    await symlink('.', join(folder, 'a', 'itself'));
    await symlink('..', join(folder, 'a', 'parent'));
    await symlink('/', join(folder, 'a', 'root'));
    await symlink(join(folder, 'b', 'sub'), join(folder, 'a', 'other')); // b's, where it lies
    await symlink('sub', join(folder, 'b', 'again'));
    await symlink(outside, join(folder, 'a', 'outside'));
    await symlink(join(outside, 'x'), join(folder, 'a', 'x'));
    await symlink(folder, join(outside, 'back'));
    expect(await found()).toEqual(['a/1.jpg=0', 'a/outside/x/4.jpg=0', 'b/2.jpg=1', 'b/sub/3.jpg=1']);
    expect(await text()).toMatch(
      /passed over 7: link to a folder above: 4 folders \(a\/itself, …\), link to a folder that is read already: 3 folders \(a\/other, …\)$/,
    );
  });

  it('are not of two classes', async () => {
    await files('a/1.jpg');
    await symlink('a', join(folder, 'b'));
    await expect(found()).rejects.toThrow(
      /b: expected a folder of one class, got one that is also read as class a/,
    );
    await rm(join(folder, 'b'));
    await files('b/2.jpg');
    await write(join(outside, '4.jpg'), 'content');
    for (const name of ['a', 'b']) await symlink(outside, join(folder, name, 'more'));
    await expect(found()).rejects.toThrow(/b\/more: expected a folder of one class/);
  });

  it('may be links themselves', async () => {
    await write(join(outside, 'cats', '1.jpg'), 'content');
    await symlink(join(outside, 'cats'), join(folder, 'cat'));
    await symlink(join(outside, 'gone'), join(folder, 'dog'));
    expect(await found()).toEqual(['cat/1.jpg=0']);
    expect(await text()).toMatch(/passed over 1: link to nothing: 1 file \(dog\)$/);
  });

  it.each([
    ['a device', (path: string) => symlink('/dev/zero', path), 'a link to a device'],
    ['nothing', (path: string) => symlink('gone', path), 'a link to nothing'],
    ['a pipe', (path: string) => execFileSync('mkfifo', [path]), 'a pipe'],
  ])('refuse %s that is named as an image', async (_, make, got) => {
    await files('a/1.jpg');
    await make(join(folder, 'a', '2.jpg'));
    await expect(found()).rejects.toThrow(
      `2.jpg: expected a file, since it is named as an image, got ${got}.`,
    );
    await rm(join(folder, 'a', '2.jpg'));
    await make(join(folder, 'a', 'notes'));
    expect(await text()).toMatch(/passed over 1: .*: 1 file \(a\/notes\)$/);
  });

  it('without images are refused, as in torchvision, and so is a folder of none', async () => {
    await mkdir(join(folder, 'empty'));
    await expect(found()).rejects.toThrow(/images in class folders, got none\./);
    await files('a/1.jpg', 'empty/1.bmp');
    await expect(found()).rejects.toThrow(
      /empty: expected images.*got none; passed over 1: not read: 1 file of \.bmp/,
    );
    await expect(found()).rejects.toBeInstanceOf(DataError);
  });

  it('are needed, and a flat validation folder says how to get labels', async () => {
    await files('val/ILSVRC2012_val_00000001.JPEG', 'val/ILSVRC2012_val_00000002.JPEG', 'train/a.jpg');
    await expect(openImagenet(folder, 'test')).rejects.toThrow(
      /got none; passed over 2: without a class: 2 files .*ILSVRC2012_devkit_t12\.tar\.gz/,
    );
    await expect(openImagenet(folder, 'train')).rejects.toThrow(/Put the images of each class into a folder/);
  });
});
