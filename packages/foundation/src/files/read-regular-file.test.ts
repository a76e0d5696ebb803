import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { assertRegularFile, readRegularFile, readRegularFileSync } from './read-regular-file.js';

const readers: readonly [string, (path: string, name?: string) => Promise<Uint8Array>][] = [
  ['readRegularFile', readRegularFile],
  // eslint-disable-next-line @typescript-eslint/require-await -- its errors are rejections
  ['readRegularFileSync', async (path, name) => readRegularFileSync(path, name)],
];

describe.each(readers)('%s', (_, read) => {
  it('reads a file, also through links, into an array of its own', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, 'a');
      await writeFile(file, Uint8Array.of(1, 2, 3));
      await symlink('a', join(folder, 'link'));
      const bytes = await read(join(folder, 'link'));
      expect([...bytes]).toEqual([1, 2, 3]);
      expect(bytes.slice(0, 1).buffer).not.toBe(bytes.buffer);
    });
  });

  it.skipIf(process.platform === 'win32')(
    'refuses pipes, devices and folders, also through links',
    async () => {
      await inTemporaryFolder(async (folder) => {
        execFileSync('mkfifo', [join(folder, 'pipe')]);
        await mkdir(join(folder, 'folder'));
        await symlink('/dev/zero', join(folder, 'device'));
        await symlink('pipe', join(folder, 'to-pipe'));
        for (const [name, what] of [
          ['pipe', 'a pipe'],
          ['to-pipe', 'a pipe'],
          ['device', 'a device'],
          ['folder', 'a folder'],
        ] as const) {
          const path = join(folder, name);
          await expect(read(path, '--recipe')).rejects.toMatchObject({
            code: 'DMNN_FILE',
            path,
            message: expect.stringContaining(
              `--recipe ${path}: expected a file that can be read, got ${what}. `,
            ) as unknown,
          });
        }
      });
    },
  );

  it('refuses what is not there, and links in a circle', async () => {
    await inTemporaryFolder(async (folder) => {
      await symlink('b', join(folder, 'a'));
      await symlink('a', join(folder, 'b'));
      await expect(read(join(folder, 'a'))).rejects.toMatchObject({ code: 'DMNN_FILE', systemCode: 'ELOOP' });
      await expect(read(join(folder, 'x'))).rejects.toMatchObject({
        code: 'DMNN_FILE',
        systemCode: 'ENOENT',
      });
    });
  });
});

it('assertRegularFile accepts and refuses what readRegularFile does', async () => {
  await inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, 'file'), 'a');
    await mkdir(join(folder, 'folder'));
    for (const name of ['file', 'folder', 'none']) {
      const path = join(folder, name);
      const messages = await Promise.all(
        [readRegularFile(path, '--recipe'), assertRegularFile(path, '--recipe')].map((result) =>
          result.then(() => 'accepted', String),
        ),
      );
      expect(messages[1]).toBe(messages[0]);
      expect(messages[0] === 'accepted').toBe(name === 'file');
    }
  });
});
