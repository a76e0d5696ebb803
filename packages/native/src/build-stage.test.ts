import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stageFolder } from './build-stage.js';

it('creates a folder atomically', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dmnn-stage-'));
  const path = join(directory, 'deep', 'made');
  const fails = stageFolder(path, (partial) => {
    writeFileSync(join(partial, 'half'), '');
    return Promise.reject(new Error('killed'));
  });
  await expect(fails).rejects.toThrow('killed');
  expect(existsSync(path)).toBe(false);

  const fill = (partial: string): Promise<void> => {
    writeFileSync(join(partial, 'file'), '');
    return Promise.resolve();
  };
  expect(await stageFolder(path, fill)).toBe(true);
  expect(readdirSync(path)).toEqual(['file']);
  // the partial one is gone
  expect(readdirSync(join(directory, 'deep')).sort()).toEqual(['made', 'made.contents.json']);

  const twice = stageFolder(path, () => Promise.reject(new Error('called again')));
  await expect(twice).resolves.toBe(false);
});

it.each<[string, (folder: string) => void]>([
  [
    'a file is shorter',
    (folder) => {
      truncateSync(join(folder, 'deep', 'file'), 3);
    },
  ],
  [
    'a byte is another',
    (folder) => {
      writeFileSync(join(folder, 'deep', 'file'), 'contenT');
    },
  ],
  [
    'a file is gone',
    (folder) => {
      rmSync(join(folder, 'deep', 'file'));
    },
  ],
  [
    'a file came',
    (folder) => {
      writeFileSync(join(folder, 'other'), '');
    },
  ],
  [
    'there is no list',
    (folder) => {
      rmSync(`${folder}.contents.json`);
    },
  ],
  [
    'the list is damaged',
    (folder) => {
      writeFileSync(`${folder}.contents.json`, '[');
    },
  ],
])('makes a folder again where %s', async (_, damage) => {
  const path = join(mkdtempSync(join(tmpdir(), 'dmnn-stage-')), 'made');
  const fill = (partial: string): Promise<void> => {
    mkdirSync(join(partial, 'deep'));
    writeFileSync(join(partial, 'deep', 'file'), 'content');
    symlinkSync('file', join(partial, 'deep', 'link'));
    return Promise.resolve();
  };
  expect(await stageFolder(path, fill)).toBe(true);
  expect(await stageFolder(path, fill)).toBe(false);
  damage(path);
  expect(await stageFolder(path, fill)).toBe(true);
  expect(readFileSync(join(path, 'deep', 'file'), 'utf8')).toBe('content');
  expect(readdirSync(path)).toEqual(['deep']);
});

it('leaves partial copies of other folders alone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dmnn-stage-'));
  mkdirSync(join(directory, 'another.partial-1'));
  await stageFolder(join(directory, 'one'), () => Promise.resolve());
  expect(readdirSync(directory).sort()).toEqual(['another.partial-1', 'one', 'one.contents.json']);
});
