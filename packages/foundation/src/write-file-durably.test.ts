import { execFileSync } from 'node:child_process';
import { readFile, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { writeFileDurably } from './write-file-durably.js';

describe('writeFileDurably', () => {
  it('writes a file or replaces it, text as UTF-8, and leaves nothing else', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'a.json');
      await writeFileDurably(path, 'größer');
      expect(await readFile(path, 'utf8')).toBe('größer');
      await writeFileDurably(path, Uint8Array.of(1, 2));
      expect([...(await readFile(path))]).toEqual([1, 2]);
      expect(await readdir(folder)).toEqual(['a.json']);
    });
  });

  it('has one of two contents that are written concurrently', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'a');
      const contents = Array.from({ length: 10 }, (_, i) => String(i).repeat(10_000));
      await Promise.all(contents.map((content) => writeFileDurably(path, content)));
      expect(contents).toContain(await readFile(path, 'utf8'));
      expect(await readdir(folder)).toEqual(['a']);
    });
  });

  it('syncs the content before the rename, and the folder after it', async () => {
    const calls: string[] = [];
    const recorded = new Proxy({} as FileSystem, {
      get: (_, operation: string) => (path: string, to?: unknown) => {
        calls.push([operation, path, ...(operation === 'rename' ? [to] : [])].join(' '));
        return Promise.resolve();
      },
    });
    await writeFileDurably(join('folder', 'a'), 'x', recorded);
    expect(calls).toEqual([
      expect.stringMatching(/^writeFile folder.\.a\.\d+\.\d+\.partial$/),
      expect.stringMatching(/^rename folder.\.a\.\d+\.\d+\.partial folder.a$/),
      'sync folder',
    ]);
  });

  it.each(['writeFile', 'rename'] as const)('changes nothing if %s fails', async (operation) => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'a');
      await writeFile(path, 'before');
      const failing: FileSystem = {
        ...nodeFileSystem,
        async [operation](at: string) {
          if (operation === 'writeFile') await writeFile(at, 'half of it');
          throw new Error('no space left');
        },
      };
      await expect(writeFileDurably(path, 'after', failing)).rejects.toThrow('no space left');
      expect(await readFile(path, 'utf8')).toBe('before');
      expect(await readdir(folder)).toEqual(['a']);
    });
  });

  it('replaces the target of a link, not the link', async () => {
    await inTemporaryFolder(async (folder) => {
      const [real, link] = [join(folder, 'real'), join(folder, 'link')];
      await writeFile(real, 'before');
      await symlink('real', link);
      await writeFileDurably(link, 'after');
      expect(await readlink(link)).toBe('real');
      expect(await readFile(real, 'utf8')).toBe('after');
    });
  });

  it.skipIf(process.platform === 'win32')('writes into a pipe, which stays one', async () => {
    await inTemporaryFolder(async (folder) => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const [content] = await Promise.all([readFile(pipe, 'utf8'), writeFileDurably(pipe, 'through')]);
      expect(content).toBe('through');
      expect((await stat(pipe)).isFIFO()).toBe(true);
      expect(await readdir(folder)).toEqual(['pipe']);
    });
  });

  it('reports a missing folder', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'no', 'a');
      await expect(writeFileDurably(path, 'x')).rejects.toMatchObject({
        code: 'ENOENT',
        path,
        message: expect.stringContaining(`'${path}'`) as unknown,
      });
    });
  });
});
