import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findImageFiles, listImageFiles } from './list-image-files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-data-'));
  await mkdir(join(folder, 'b', 'c.jpg'), { recursive: true }); // a folder, whatever its name
  await mkdir(join(folder, 'empty'));
  for (const name of ['z.JPEG', 'b/a.png', 'b/c.jpg/é.webp', 'notes.txt', 'b/x.jpg.part']) {
    await writeFile(join(folder, name), '');
  }
  await symlink(join(folder, 'z.JPEG'), join(folder, 'b', 'link.jpg'));
  await symlink(join(folder, 'b'), join(folder, 'linked')); // might lead in a circle
});
afterAll(() => rm(folder, { recursive: true }));

describe('listImageFiles', () => {
  it('finds images in all folders, sorted, and nothing else', async () => {
    const found = await listImageFiles(folder);
    expect(found).toEqual(
      ['b/a.png', 'b/c.jpg/é.webp', 'b/link.jpg', 'z.JPEG'].map((name) => join(folder, name)),
    );
  });

  it('counts what it passes over', async () => {
    const hidden = join(folder, 'empty', '.git');
    await mkdir(hidden);
    await writeFile(join(folder, 'empty', '._z.jpg'), '');
    await symlink('..', join(folder, 'empty', 'parent'));
    const { files, passedOver } = await findImageFiles(folder);
    expect(files.length).toBe(4);
    expect(passedOver.map(({ reason, count, example }) => `${reason}: ${count}, ${example}`)).toEqual([
      'not read: 1, notes.txt',
      'link to a folder: 2, linked',
      'unfinished download: 1, b/x.jpg.part',
      'hidden: 1, empty/._z.jpg',
      'hidden: 1, empty/.git',
    ]);
    await expect(listImageFiles(join(folder, 'empty'))).rejects.toThrow(
      /empty: expected files named .*, got none; passed over 3: link to a folder: 1 folder \(parent\), hidden: 1 file/,
    );
    for (const name of ['.git', '._z.jpg', 'parent'])
      await rm(join(folder, 'empty', name), { recursive: true });
  });

  it('refuses a folder without any, and one that is not there', async () => {
    await expect(listImageFiles(join(folder, 'empty'))).rejects.toThrow(
      /empty: expected files named \.jpg.*, got none/,
    );
    await expect(listImageFiles(join(folder, 'gone'))).rejects.toMatchObject({ code: 'DMNN_DATA' });
  });
});
