import { readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFileSystem } from '@dmnn/foundation/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failingFileSystem, inTemporaryFolder } from '@dmnn/test-kit';
import { readCheckpoint, writeCheckpoint, CheckpointStore } from './checkpoint-store.js';
import { CheckpointError } from './checkpoint-error.js';

const files = new Map([
  ['weights.safetensors', Uint8Array.from({ length: 300 }, (_, i) => i % 251)],
  ['state.json', new TextEncoder().encode('{"step": 7}')],
]);

async function problemsOf(path: string): Promise<readonly string[]> {
  try {
    await readCheckpoint(path, nodeFileSystem);
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ code: 'DMNN_CHECKPOINT', path });
    return (error as CheckpointError).problems;
  }
  return [];
}

describe('checkpoints', () => {
  it('come back as they were written', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'checkpoints', 'step-1');
      await writeCheckpoint(path, files, nodeFileSystem);
      const read = await readCheckpoint(path, nodeFileSystem);
      expect([...read.keys()]).toEqual([...files.keys()]);
      for (const [name, bytes] of files) expect(Buffer.from(read.get(name)!).equals(bytes)).toBe(true);
      expect(await readdir(join(folder, 'checkpoints'))).toEqual(['step-1']);
    });
  });

  it('show one flipped bit, wherever it is', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'step-1');
      await writeCheckpoint(path, files, nodeFileSystem);
      for (const name of ['weights.safetensors', 'state.json', 'manifest.json']) {
        const intact = await readFile(join(path, name));
        await fc.assert(
          fc.asyncProperty(fc.nat(intact.length * 8 - 1), async (bit) => {
            const damaged = Uint8Array.from(intact);
            damaged[bit >> 3]! ^= 1 << (bit & 7);
            await writeFile(join(path, name), damaged);
            expect(await problemsOf(path)).not.toEqual([]);
          }),
          { numRuns: 60 },
        );
        await writeFile(join(path, name), intact);
      }
      expect(await problemsOf(path)).toEqual([]);
    });
  });

  it('show every file that is cut short or missing, at once', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'step-1');
      await writeCheckpoint(path, files, nodeFileSystem);
      await truncate(join(path, 'weights.safetensors'), 299);
      await nodeFileSystem.remove(join(path, 'state.json'));
      expect(await problemsOf(path)).toEqual([
        'weights.safetensors: expected 300 bytes, got 299',
        'state.json: missing',
      ]);
      await truncate(join(path, 'manifest.json'), 20);
      expect(await problemsOf(path)).toHaveLength(1);
      await nodeFileSystem.remove(path);
      expect(await problemsOf(path)).toEqual(['manifest.json: missing']);
    });
  });

  it('reject a manifest that lists nothing, or names a path', async () => {
    await inTemporaryFolder(async (folder) => {
      for (const manifest of [
        { format: 1, files: {} },
        { format: 2, files: {} },
        { format: 1, files: { '../x': { bytes: 1, sha256: '' } } },
        null,
        3,
      ]) {
        await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
        expect(await problemsOf(folder)).toEqual(['manifest.json: expected format 1 and a list of files']);
      }
    });
  });
});

describe('CheckpointStore', () => {
  it('keeps the latest and removes those of a later step that a fall back left', async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(folder, nodeFileSystem);
      expect(await store.latest()).toBeUndefined();
      for (const step of [1, 2, 9, 3]) await store.save(step, files, 2);
      expect(await store.steps()).toEqual([2, 3]);
      expect((await store.latest())?.step).toBe(3);
    });
  });

  it('falls back to the latest intact one, and says what it passed over', async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(folder, nodeFileSystem);
      for (const step of [1, 2, 3]) await store.save(step, files, 3);
      await truncate(join(folder, 'step-00000003', 'state.json'), 1);
      await truncate(join(folder, 'step-00000002', 'manifest.json'), 1);
      const passedOver: string[] = [];
      const found = await store.latest((error) => passedOver.push(error.path));
      expect(found?.step).toBe(1);
      expect(passedOver).toEqual([join(folder, 'step-00000003'), join(folder, 'step-00000002')]);
      await expect(store.read(3)).rejects.toThrow(/state.json: expected 11 bytes, got 1/);
      await truncate(join(folder, 'step-00000001', 'manifest.json'), 1);
      await expect(store.latest()).rejects.toThrow(join(folder, 'step-00000003'));
    });
  });

  it.each(['writeFile', 'rename', 'makeFolder', 'sync'] as const)(
    'leaves what was there when %s fails on a full disk',
    async (operation) => {
      await inTemporaryFolder(async (folder) => {
        await new CheckpointStore(folder, nodeFileSystem).save(1, files, 2);
        for (let nth = 1; nth <= 3; nth++) {
          let calls = 0;
          const disk = failingFileSystem(
            nodeFileSystem,
            'ENOSPC',
            (name) => name === operation && ++calls >= nth,
          );
          await new CheckpointStore(folder, disk).save(2, files, 2).catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'ENOSPC' });
          });
          const names = await readdir(folder);
          expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
          const store = new CheckpointStore(folder, nodeFileSystem);
          expect((await store.read(1)).files.size).toBe(2);
          expect(await store.latest()).toBeDefined();
        }
      });
    },
  );
});
