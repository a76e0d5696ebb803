import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { readPlace } from './image-place.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-places-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const readImage = async (name: string) => readPlace({ kind: 'file', path: join(folder, name) });

describe('readPlace', () => {
  it('follows a link to a file', async () => {
    writeFileSync(join(folder, 'image.jpg'), Uint8Array.of(1, 2, 3));
    symlinkSync('image.jpg', join(folder, 'link.jpg'));
    expect([...(await readImage('link.jpg'))]).toEqual([1, 2, 3]);
  });

  it.skipIf(process.platform === 'win32').each([
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
    [
      'a device',
      (path: string) => {
        symlinkSync('/dev/zero', path);
      },
    ],
    [
      'a folder',
      (path: string) => {
        mkdirSync(path);
      },
    ],
  ])('refuses a link to %s before it is opened', async (kind, make) => {
    make(join(folder, `${kind}.target`));
    symlinkSync(`${kind}.target`, join(folder, `${kind}.jpg`));
    const error: unknown = await readImage(`${kind}.jpg`).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toContain(`${kind}.jpg: expected a readable file, got ${kind}`);
  });
});
