import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { writeFileDurably, writeFilesDurably } from './write-file-durably.js';

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
      expect.stringMatching(/^writeFile folder.\.a\.[0-9a-f]{16}\.partial$/),
      expect.stringMatching(/^rename folder.\.a\.[0-9a-f]{16}\.partial folder.a$/),
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

  it('makes the target of a link that leads to nothing yet', async () => {
    await inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'deep'));
      await symlink('deep/next', join(folder, 'link'));
      await symlink('../real', join(folder, 'deep', 'next'));
      await writeFileDurably(join(folder, 'link'), 'made');
      expect(await readlink(join(folder, 'link'))).toBe('deep/next');
      expect(await readFile(join(folder, 'real'), 'utf8')).toBe('made');
      await symlink('no/folder', join(folder, 'lost'));
      await expect(writeFileDurably(join(folder, 'lost'), 'x')).rejects.toMatchObject({
        systemCode: 'ENOENT',
      });
      expect(await readlink(join(folder, 'lost'))).toBe('no/folder');
    });
  });

  it('refuses folders and links in a circle, and changes nothing', async () => {
    await inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'folder'));
      await symlink('circle', join(folder, 'circle'));
      await expect(writeFileDurably(join(folder, 'folder'), 'x', nodeFileSystem, '--out')).rejects.toThrow(
        /^--out .*folder: expected a file, got a folder\. /,
      );
      await expect(writeFileDurably(join(folder, 'circle'), 'x')).rejects.toMatchObject({
        systemCode: 'ELOOP',
      });
      expect((await readdir(folder)).sort()).toEqual(['circle', 'folder']);
    });
  });

  it('never writes through a link that was planted at its temporary name', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'victim'), 'before');
      let planted: string | undefined;
      const disk: FileSystem = {
        ...nodeFileSystem,
        async writeFile(at, content) {
          await symlink('victim', at);
          planted = at;
          await nodeFileSystem.writeFile(at, content);
        },
      };
      await expect(writeFileDurably(join(folder, 'a'), 'x', disk)).rejects.toMatchObject({
        systemCode: 'EEXIST',
      });
      expect(planted).toBeDefined();
      expect(await readFile(join(folder, 'victim'), 'utf8')).toBe('before');
    });
  });

  it('takes content in parts, and a name of 255 bytes', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'ü'.repeat(127));
      // eslint-disable-next-line @typescript-eslint/require-await -- as a stream of a file gives them
      async function* parts(): AsyncGenerator<Uint8Array> {
        yield Uint8Array.of(97, 98);
        yield Uint8Array.of(99);
      }
      await writeFileDurably(path, parts());
      expect(await readFile(path, 'utf8')).toBe('abc');
    });
  });

  it.runIf(process.platform === 'linux')('writes into devices; a full one is a full disk', async () => {
    await writeFileDurably('/dev/null', 'x');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    await expect(writeFileDurably('/dev/full', 'x')).rejects.toMatchObject({
      code: 'DMNN_DISK_FULL',
      path: '/dev/full',
    });
    expect((await stat('/dev/full')).isCharacterDevice()).toBe(true);
  });

  it.skipIf(process.platform === 'win32')(
    'waits for the reader of a pipe without a thread that hangs',
    async () => {
      await inTemporaryFolder(async (folder) => {
        const pipe = join(folder, 'pipe');
        execFileSync('mkfifo', [pipe]);
        const content = 'x'.repeat(100_000); // more than a pipe holds
        // more of them than there are threads for files
        const writes = Promise.all(Array.from({ length: 8 }, () => writeFileDurably(pipe, content)));
        expect(await readdir(folder)).toEqual(['pipe']); // needs such a thread
        const reader = spawn('sh', ['-c', 'exec 3<>"$1"; head -c 800000 <&3 | wc -c', 'sh', pipe]);
        const counted = new Promise<string>((resolve) => {
          reader.stdout.once('data', (text: Buffer) => {
            resolve(text.toString().trim());
          });
        });
        await writes;
        expect(await counted).toBe('800000');
      });
    },
  );

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
        code: 'DMNN_FILE',
        systemCode: 'ENOENT',
        path,
        message: expect.stringMatching(
          /a: expected a place that can be written to, got no such file or folder/,
        ) as unknown,
      });
    });
  });
});

describe('writeFilesDurably', () => {
  it.each([0, 1, 2])('replaces no file if write %i fails', async (failing) => {
    await inTemporaryFolder(async (folder) => {
      const paths = ['a', 'b', 'c'].map((name) => join(folder, name));
      for (const path of paths) await writeFile(path, 'before');
      let writes = 0;
      const disk: FileSystem = {
        ...nodeFileSystem,
        async writeFile(at, content) {
          if (writes++ === failing) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          await nodeFileSystem.writeFile(at, content);
        },
      };
      const contents = new Map(paths.map((path) => [path, 'after']));
      await expect(writeFilesDurably(contents, disk)).rejects.toMatchObject({
        code: 'DMNN_DISK_FULL',
        path: paths[failing],
      });
      for (const path of paths) expect(await readFile(path, 'utf8')).toBe('before');
      expect(await readdir(folder)).toEqual(['a', 'b', 'c']);
      await writeFilesDurably(contents);
      for (const path of paths) expect(await readFile(path, 'utf8')).toBe('after');
      expect(await readdir(folder)).toEqual(['a', 'b', 'c']);
    });
  });
});
