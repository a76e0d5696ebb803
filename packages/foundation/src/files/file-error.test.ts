import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { DmnnError } from '../dmnn-error.js';
import { FileError, fileError, orFileError, systemCode } from './file-error.js';

const failed = (code: string): Error => Object.assign(new Error(`${code}: failed, open 'x'`), { code });

describe('fileError', () => {
  it.each([
    [
      'ENOENT',
      'read',
      'DMNN_FILE',
      'a/x: expected a file that can be read, got no such file or folder (ENOENT). Check the path.',
    ],
    [
      'ENOENT',
      'write',
      'DMNN_FILE',
      'a/x: expected a place that can be written to, got no such file or folder (ENOENT). Make its folder first, or choose another path.',
    ],
    [
      'EACCES',
      'read',
      'DMNN_FILE',
      'a/x: expected a file that can be read, got no permission (EACCES). Check its permissions and those of its folder.',
    ],
    [
      'ENOSPC',
      'write',
      'DMNN_DISK_FULL',
      'a/x: expected a place that can be written to, got no space left on the disk (ENOSPC). Free some space, or choose a path on another disk.',
    ],
    [
      'EROFS',
      'write',
      'DMNN_FILE',
      'a/x: expected a place that can be written to, got a file system that is read-only (EROFS). Choose another path.',
    ],
    [
      'EODD',
      'write',
      'DMNN_FILE',
      "a/x: expected a place that can be written to, got EODD: failed, open 'x'. Choose another path.",
    ],
  ] as const)('%s, to %s', (system, to, code, message) => {
    const cause = failed(system);
    const error = fileError(cause, { path: 'a/x', to });
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ code, message, path: 'a/x', systemCode: system, cause });
    expect(systemCode(error)).toBe(system);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('%s is a full disk', (code) => {
    expect(fileError(failed(code), { path: 'x', to: 'write' })).toMatchObject({ code: 'DMNN_DISK_FULL' });
  });

  it('begins with the option, and has the expectation and the remedy of the caller', () => {
    const use = { path: 'x', to: 'write', name: '--out', expected: 'a folder', remedy: 'Make it.' } as const;
    expect(fileError(failed('EIO'), use)).toHaveProperty(
      'message',
      '--out x: expected a folder, got a failure of the disk (EIO). Make it.',
    );
  });

  it('shows hostile names as printable text', () => {
    const path = 'a\u001b[2J\n\u202ex';
    const error = fileError(failed('EIO'), { path, to: 'read' });
    expect(error).toMatchObject({
      path,
      message: expect.stringMatching(/^a\\u001b\[2J\\u000a\\u202ex: /) as unknown,
    });
  });

  it('leaves other errors as they are', () => {
    const own = new DmnnError('DMNN_DATA', 'x');
    for (const error of [
      own,
      new Error('x'),
      new RangeError('x'),
      'x',
      fileError(failed('EIO'), { path: 'x', to: 'read' }),
    ]) {
      expect(fileError(error, { path: 'other', to: 'write' })).toBe(error);
    }
    expect(systemCode(own)).toBeUndefined();
  });
});

describe('orFileError', () => {
  it('returns the result, and types real failures', async () => {
    await inTemporaryFolder(async (folder) => {
      expect(await orFileError({ path: folder, to: 'read' }, () => readdir(folder))).toEqual([]);
      const path = join(folder, 'none');
      const reading = orFileError({ path, to: 'read' }, () => readFile(path));
      await expect(reading).rejects.toMatchObject({ code: 'DMNN_FILE', systemCode: 'ENOENT', path });
    });
  });
});
