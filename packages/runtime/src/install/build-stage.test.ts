import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stageFolder } from './build-stage.js';

it('makes a folder whole or not at all', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dmnn-stage-'));
  const path = join(directory, 'deep', 'made');
  const fails = stageFolder(path, (beside) => {
    writeFileSync(join(beside, 'half'), '');
    return Promise.reject(new Error('killed'));
  });
  await expect(fails).rejects.toThrow('killed');
  expect(existsSync(path)).toBe(false);

  const fill = (beside: string): Promise<void> => {
    writeFileSync(join(beside, 'file'), '');
    return Promise.resolve();
  };
  expect(await stageFolder(path, fill)).toBe(true);
  expect(readdirSync(path)).toEqual(['file']);
  expect(readdirSync(join(directory, 'deep'))).toEqual(['made']); // what was half made is gone

  const twice = stageFolder(path, () => Promise.reject(new Error('called again')));
  await expect(twice).resolves.toBe(false);
});

it('leaves the halves of other folders alone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dmnn-stage-'));
  mkdirSync(join(directory, 'another.partial-1'));
  await stageFolder(join(directory, 'one'), () => Promise.resolve());
  expect(readdirSync(directory).sort()).toEqual(['another.partial-1', 'one']);
});
