import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assertFileFits, assertFolderFits, assertNetworkFolder } from './output-folders.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-'));
writeFileSync(join(folder, 'file'), '');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('assertFileFits', () => {
  it.each(['new.onnx', 'file'])('takes %s', async (name) => {
    await expect(assertFileFits('--out', join(folder, name))).resolves.toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('takes a device', async () => {
    await expect(assertFileFits('--out', '/dev/null')).resolves.toBeUndefined();
  });

  it.each([
    ['.', 'DMNN_USAGE', /^--out: expected a file, got .* which is a folder/],
    ['no/x.onnx', 'DMNN_FILE', /^--out .*no\/x\.onnx: expected a folder that can be written to/],
    ['file/x.onnx', 'DMNN_FILE', /got a path that leads through a file \(ENOTDIR\)/],
  ])('refuses %s', async (name, code, message) => {
    await expect(assertFileFits('--out', join(folder, name))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('assertFolderFits', () => {
  it.each(['.', 'new', 'new/within/new'])('takes %s', async (name) => {
    await expect(assertFolderFits('--out', join(folder, name))).resolves.toBeUndefined();
  });

  it.each(['file', 'file/within'])('refuses %s', async (name) => {
    await expect(assertFolderFits('--out', join(folder, name))).rejects.toMatchObject({
      code: 'DMNN_FILE',
      systemCode: 'ENOTDIR',
    });
  });
});

describe.skipIf(process.platform === 'win32')('a link to a folder that is not there', () => {
  symlinkSync('not-mounted/runs', join(folder, 'link'));
  it.each(['link', 'link/run-1'])('is refused before the work: %s', async (name) => {
    await expect(assertFolderFits('--out', join(folder, name))).rejects.toThrow(
      `--out ${join(folder, 'link')}: expected a folder, got a link that leads to nothing.`,
    );
  });
});

describe('assertNetworkFolder', () => {
  it.each([
    ['none', /none, which does not exist/],
    ['.', /holds neither config\.json nor model\.json/],
  ])('refuses %s', async (name, message) => {
    await expect(assertNetworkFolder('--from', join(folder, name))).rejects.toThrow(message);
  });
});
