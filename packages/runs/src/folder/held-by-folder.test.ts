import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { runStores } from './checkpoint-store.js';
import { assertHoldsNoBest } from './held-by-folder.js';
import { openRun } from './open-run.js';

const files = new Map([['state.json', new TextEncoder().encode('{"step": 7}')]]);

describe.each([{ resume: false }, { resume: true }])('a folder without config.json, %o', ({ resume }) => {
  it.each(['checkpoints', 'best'] as const)('is refused if it holds %s, which stay', async (kind) => {
    await inTemporaryFolder(async (folder) => {
      await runStores(folder, nodeFileSystem)[kind].save(7, files, 2);
      const opened = openRun(folder, () => Promise.reject(new Error('not asked')), {
        resume,
        disk: nodeFileSystem,
        warn: () => undefined,
      });
      await expect(opened).rejects.toMatchObject({ code: 'DMNN_RUN_EXISTS', folder });
      await expect(opened).rejects.toThrow(`${kind} (of step 7) without config.json. Put config.json back`);
      expect((await runStores(folder, nodeFileSystem)[kind].read(7)).files.size).toBe(1);
      expect((await nodeFileSystem.list(folder)).sort()).toEqual([kind]);
    });
  });

  it('is refused if it holds a log, which stays', async () => {
    await inTemporaryFolder(async (folder) => {
      const log = join(folder, 'metrics.jsonl');
      await writeFile(log, '{"kind":"environment","step":1,"differences":[]}\n');
      await expect(
        openRun(folder, () => Promise.reject(new Error('not asked')), {
          resume,
          disk: nodeFileSystem,
          warn: () => undefined,
        }),
      ).rejects.toThrow('got metrics.jsonl (49 bytes) without config.json');
      expect((await readFile(log)).length).toBe(49);
    });
  });

  it.each(['checkpoints', 'best', 'start'])(
    'is refused before anything is computed if %s is no folder',
    async (name) => {
      await inTemporaryFolder(async (folder) => {
        await writeFile(join(folder, name), 'mine');
        const opened = openRun(folder, () => Promise.reject(new Error('asked')), {
          resume,
          disk: nodeFileSystem,
          warn: () => undefined,
        });
        await expect(opened).rejects.toMatchObject({ code: 'DMNN_RUN_FOLDER', folder });
        await expect(opened).rejects.toThrow(`got one that exists already (EEXIST) at ${join(folder, name)}`);
        expect(await nodeFileSystem.list(folder)).toEqual([name]);
      });
    },
  );

  it('is used if it holds only what a run began with, since that is written first', async () => {
    await inTemporaryFolder(async (folder) => {
      await runStores(folder, nodeFileSystem).start.save(0, files, 1);
      await writeFile(join(folder, 'bad-images.jsonl'), '');
      const opened = openRun(folder, () => Promise.reject(new Error('asked')), {
        resume,
        disk: nodeFileSystem,
        warn: () => undefined,
      });
      await expect(opened).rejects.toThrow('asked');
    });
  });
});

it('a best checkpoint without any to resume from is not replaced by a run that begins again', async () => {
  await inTemporaryFolder(async (folder) => {
    await assertHoldsNoBest(folder, nodeFileSystem);
    await runStores(folder, nodeFileSystem).best.save(7, files, 1);
    const refused = assertHoldsNoBest(folder, nodeFileSystem);
    await expect(refused).rejects.toThrow('got none, with best (of step 7)');
    await expect(refused).rejects.toMatchObject({ code: 'DMNN_RUN_EXISTS' });
  });
});
