import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.js';

describe('makeFolder', () => {
  let above: string;
  beforeEach(async () => {
    above = await mkdtemp(join(tmpdir(), 'dmnn-folder-'));
  });
  afterEach(async () => {
    await rm(above, { recursive: true, force: true });
  });

  it('creates a folder and its parents, also several times concurrently', async () => {
    const path = join(above, 'a', 'b', 'c');
    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(above, 'a', 'b', 'd'))]);
    expect((await stat(path)).isDirectory()).toBe(true);
    await makeFolder(path);
  });

  it('refuses below a file', async () => {
    await writeFile(join(above, 'file'), '');
    await expect(makeFolder(join(above, 'file', 'run'))).rejects.toThrow(/EEXIST/);
    await expect(makeFolder(join(above, 'file'))).rejects.toThrow(/EEXIST/);
  });

  it.skipIf(process.platform === 'win32')(
    'says that a link leads to nothing, at its end or on the way',
    async () => {
      const link = join(above, 'link');
      for (const [target, found] of [
        ['not-mounted/runs', 'leads to nothing'],
        ['link', 'leads in a circle'],
      ] as const) {
        await symlink(target, link);
        for (const path of [link, join(link, 'run')]) {
          await expect(makeFolder(path)).rejects.toThrow(
            `${link}: expected a folder, got a link that ${found}.`,
          );
        }
        await rm(link);
      }
      await symlink('.', link);
      await makeFolder(join(link, 'run'));
      expect((await stat(join(above, 'run'))).isDirectory()).toBe(true);
    },
  );

  it.runIf(process.platform === 'linux')(
    'fails instead of hanging where no folder can be created',
    async () => {
      await expect(makeFolder('/proc/dmnn/run')).rejects.toThrow(/ENOENT/);
    },
  );
});
