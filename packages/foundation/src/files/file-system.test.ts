import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nodeFileSystem } from './file-system.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('nodeFileSystem', () => {
  it('writes, appends to, truncates, lists and removes files', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'deep', 'file');
      expect(await nodeFileSystem.list(join(folder, 'deep'))).toEqual([]);
      expect(await nodeFileSystem.size(path)).toBeUndefined();
      await nodeFileSystem.makeFolder(join(folder, 'deep'));
      await nodeFileSystem.writeFile(path, bytes('ab'));
      await nodeFileSystem.append(path, bytes('cd'));
      await nodeFileSystem.truncate(path, 3);
      await nodeFileSystem.sync(folder);
      expect(new TextDecoder().decode(await nodeFileSystem.readFile(path))).toBe('abc');
      expect(await nodeFileSystem.size(path)).toBe(3);
      expect(await nodeFileSystem.size(join(path, 'below a file'))).toBeUndefined();
      expect(await nodeFileSystem.list(join(folder, 'deep'))).toEqual(['file']);
      await nodeFileSystem.remove(join(folder, 'deep'));
      expect(await nodeFileSystem.list(folder)).toEqual([]);
    });
  });

  it("waits for the disk without FileHandle.sync, which Yarn's Plug'n'Play lacks", async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'file');
      await nodeFileSystem.writeFile(path, bytes('a'));
      const handle = await open(path);
      const sync = vi
        .spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync')
        .mockRejectedValue(new Error('Method not implemented.'));
      await handle.close();
      await nodeFileSystem.writeFile(`${path}2`, bytes('b'));
      await nodeFileSystem.sync(folder);
      expect(await readFile(`${path}2`, 'utf8')).toBe('b');
      expect(sync).not.toHaveBeenCalled();
    });
  });
});
