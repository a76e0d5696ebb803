import { execFileSync } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { expect, it } from 'vitest';
import { assertFileFits, assertFolderFits, assertRunFits } from './output-folders.js';

it.each([
  ['cascade.json', 'cascade.json'],
  ['config.json', 'metrics.jsonl'],
  ['config.json', 'events.out.tfevents.dmnn'],
  ['model.json', 'architecture.json'],
  ['manifest.json', 'weights.safetensors'],
])('refuses to replace what a folder with %s is made of: %s, also through a link', async (marker, name) => {
  await inTemporaryFolder(async (folder) => {
    const model = join(folder, 'model');
    await mkdir(model);
    for (const file of [marker, name]) await writeFile(join(model, file), '{}');
    await symlink(join(model, name), join(folder, 'log'));
    for (const file of [join(model, name), join(folder, 'log')]) {
      await expect(assertFileFits('--log', file)).rejects.toMatchObject({
        code: 'DMNN_USAGE',
        message: expect.stringContaining(
          `--log: expected a file of its own, got ${file}, which is part`,
        ) as string,
      });
    }
    await assertFileFits('--log', join(model, 'log.jsonl')); // another name in there is fine
    await writeFile(join(folder, name), 'mine');
    if (marker !== name) await assertFileFits('--log', join(folder, name)); // in a folder of nothing of ours
  });
});

it.each([
  ['cascade.json', 'a cascade'],
  ['model.json', 'an imported model'],
])('refuses to train into a folder with %s', async (marker, what) => {
  await inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, marker), '{}');
    for (const resume of [true, false]) {
      await expect(assertRunFits('--out', folder, resume)).rejects.toThrow(
        `--out: expected a folder for a run, got ${folder}, which holds ${what}.`,
      );
    }
  });
});

it.runIf(process.platform === 'linux')(
  'refuses a folder where none can be made, and leaves nothing',
  async () => {
    await expect(assertFolderFits('--out', '/proc/dmnn/run')).rejects.toMatchObject({
      code: 'DMNN_FILE',
      message: expect.stringMatching(
        /^--out \/proc\/dmnn\/run: expected a folder that can be made, got /,
      ) as string,
    });
    await expect(assertFileFits('--log', '/proc/log.jsonl')).rejects.toMatchObject({
      code: 'DMNN_FILE',
      message: expect.stringMatching(
        /^--log \/proc\/log\.jsonl: expected a file that can be made, got /,
      ) as string,
    });
    await inTemporaryFolder(async (folder) => {
      await assertFileFits('--log', join(folder, 'log.jsonl'));
      await assertFolderFits('--out', join(folder, 'a', 'b'));
      expect(await readdir(folder)).toEqual([]);
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      for (const path of ['pipe', '/dev/null'])
        await expect(assertFolderFits('--out', resolve(folder, path))).rejects.toThrow(
          /^--out: expected a folder, got .*, which is a (pipe|device)\.$/,
        );
    });
  },
);
