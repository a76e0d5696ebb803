import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
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
  expect(readdirSync(join(directory, 'deep'))).toEqual(['made']); // the partial one is gone

  const twice = stageFolder(path, () => Promise.reject(new Error('called again')));
  await expect(twice).resolves.toBe(false);
});

it('leaves partial copies of other folders alone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dmnn-stage-'));
  mkdirSync(join(directory, 'another.partial-1'));
  await stageFolder(join(directory, 'one'), () => Promise.resolve());
  expect(readdirSync(directory).sort()).toEqual(['another.partial-1', 'one']);
});
