import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
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

  it.runIf(process.platform === 'linux')(
    'fails instead of hanging where no folder can be created',
    async () => {
      await expect(makeFolder('/proc/dmnn/run')).rejects.toThrow(/ENOENT/);
    },
  );
});
