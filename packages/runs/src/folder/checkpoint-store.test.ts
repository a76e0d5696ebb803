import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSystem, nodeFileSystem } from '@dmnn/foundation/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failingFileSystem, inTemporaryFolder } from '@dmnn/test-kit';
import { type CheckpointFiles, readCheckpoint, writeCheckpoint } from './checkpoint-folder.js';
import { CheckpointStore } from './checkpoint-store.js';
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

describe('a store', () => {
  it('replaces a checkpoint among files of any names', async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(folder, nodeFileSystem);
      await store.save(7, files, 1);
      for (let digit = 0; digit < 10; digit++) await writeFile(join(folder, String(digit)), '');
      await store.save(7, files, 1);
      expect((await store.latest())?.step).toBe(7);
    });
  });
});

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

  it.skipIf(process.platform === 'win32')(
    'show a file that has become a pipe, a device or a folder',
    async () => {
      await inTemporaryFolder(async (folder) => {
        const path = join(folder, 'step-1');
        for (const name of ['weights.safetensors', 'state.json', 'manifest.json']) {
          const file = join(path, name);
          for (const become of [
            () => execFileSync('mkfifo', [file]),
            () => symlink('/dev/zero', file),
            () => mkdir(file),
          ]) {
            await writeCheckpoint(path, files, nodeFileSystem);
            await rm(file);
            await become();
            expect((await problemsOf(path)).join()).toMatch(
              new RegExp(`^${name}: got a (pipe|device|folder)$`),
            );
            await rm(path, { recursive: true });
          }
        }
      });
    },
  );

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
        { format: 0, files: {} },
        { format: '2', files: {} },
        { format: 1, files: { '../x': { bytes: 1, sha256: '' } } },
        null,
        3,
      ]) {
        await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
        expect(await problemsOf(folder)).toEqual(['manifest.json: expected format 1 and a list of files']);
      }
    });
  });

  it('of a newer format are called that, and not damaged', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'manifest.json'), '{"format": 2, "parts": []}');
      await expect(readCheckpoint(folder, nodeFileSystem)).rejects.toMatchObject({
        isNewer: true,
        problems: ['manifest.json: expected format 1, got 2, written by a newer version of dmnn'],
      });
      const path = join(folder, 'step-1');
      const state = new TextEncoder().encode('{"format": 3}');
      await writeCheckpoint(path, new Map([['state.json', state]]), nodeFileSystem);
      await expect(readCheckpoint(path, nodeFileSystem)).rejects.toMatchObject({
        isNewer: true,
        problems: ['state.json: expected format 1, got 3, written by a newer version of dmnn'],
      });
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

const withText = (text: string): CheckpointFiles =>
  new Map([...files, ['text', new TextEncoder().encode(text)]]);
const [old, fresh, next] = [withText('old'), withText('new'), withText('next')];

async function textOf(store: CheckpointStore, step: number): Promise<string> {
  return new TextDecoder().decode((await store.read(step)).files.get('text'));
}

/** A disk on which the process is killed at a call: nothing happens from then on; a folder is then half removed. */
function killedAt(nth: number, calls: { count: number }): FileSystem {
  return failingFileSystem(
    {
      ...nodeFileSystem,
      async remove(path: string): Promise<void> {
        if (calls.count === nth - 1) {
          const [first] = await nodeFileSystem.list(path);
          if (first !== undefined) await nodeFileSystem.remove(join(path, first));
        }
        await nodeFileSystem.remove(path);
      },
    },
    'EIO',
    () => ++calls.count >= nth,
  );
}

describe.each([
  { what: 'a kill', disk: killedAt },
  {
    what: 'EIO',
    disk: (nth: number, calls: { count: number }) =>
      failingFileSystem(nodeFileSystem, 'EIO', () => ++calls.count === nth),
  },
])('$what at each call of a save', ({ disk }) => {
  it.each([
    { title: 'at a new step', saved: [1, 2], step: 3, before: 2 },
    { title: 'at a step that has a checkpoint', saved: [2], step: 2, before: 2 },
    { title: 'at a step before others', saved: [1, 2, 3], step: 2, before: 3 },
  ])('$title leaves an intact one, and no litter after the next save', async ({ saved, step, before }) => {
    let nth = 0;
    for (let reached = true; reached;) {
      nth++;
      reached = await inTemporaryFolder(async (folder) => {
        const store = new CheckpointStore(folder, nodeFileSystem);
        for (const earlier of saved) await store.save(earlier, old, 3);
        const calls = { count: 0 };
        const failed = await new CheckpointStore(folder, disk(nth, calls)).save(step, fresh, 1).then(
          () => false,
          () => true,
        );
        const done = calls.count < nth;
        expect(failed || done).toBe(true);
        const damaged: string[] = [];
        const latest = await store.latest(({ path }) => damaged.push(path));
        expect([before, step]).toContain(latest?.step);
        expect(damaged).toEqual([]);
        const text = await textOf(store, latest!.step);
        expect(['old', 'new']).toContain(text);
        if (saved.includes(step)) expect(['old', 'new']).toContain(await textOf(store, step));
        if (done) expect([latest?.step, text]).toEqual([step, 'new']);
        await store.save(step, next, 1);
        expect(await textOf(store, step)).toBe('next');
        expect(await readdir(folder)).toEqual([`step-0000000${step}`]);
        return !done;
      });
    }
  });
});

describe('a checkpoint of a newer version', () => {
  const newer = '{"format": 2, "files": {}}';

  it('is not passed over for an older one, and not replaced', async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(folder, nodeFileSystem);
      for (const step of [1, 2]) await store.save(step, files, 3);
      await writeFile(join(folder, 'step-00000002', 'manifest.json'), newer);
      await expect(store.latest()).rejects.toThrow('written by a newer version of dmnn');
      await expect(store.save(2, files, 3)).rejects.toMatchObject({ isNewer: true });
      expect(await readFile(join(folder, 'step-00000002', 'manifest.json'), 'utf8')).toBe(newer);
      expect(await readdir(folder)).toEqual(['step-00000001', 'step-00000002']);
    });
  });

  it('stays when others are removed', async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(folder, nodeFileSystem);
      for (const step of [1, 2, 3, 9]) await store.save(step, files, 9);
      for (const step of [1, 9]) await writeFile(join(folder, `step-0000000${step}`, 'manifest.json'), newer);
      await store.save(4, files, 1);
      expect(await store.steps()).toEqual([1, 4, 9]);
    });
  });
});

it('what is planted under a temporary name is not followed, and foreign files stay', async () => {
  await inTemporaryFolder(async (folder) => {
    const [checkpoints, elsewhere] = [join(folder, 'checkpoints'), join(folder, 'elsewhere')];
    await nodeFileSystem.makeFolder(checkpoints);
    await nodeFileSystem.makeFolder(elsewhere);
    await writeFile(join(elsewhere, 'mine'), 'mine');
    await symlink(elsewhere, join(checkpoints, '.step-00000001.partial'));
    await writeFile(join(checkpoints, 'notes.partial'), 'mine');
    await new CheckpointStore(checkpoints, nodeFileSystem).save(1, files, 1);
    expect(await readdir(elsewhere)).toEqual(['mine']);
    expect(await readdir(checkpoints)).toEqual(['notes.partial', 'step-00000001']);
  });
});
