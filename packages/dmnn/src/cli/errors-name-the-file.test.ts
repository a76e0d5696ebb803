import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '@dmnn/weights';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';
import { importModel } from '../import-model.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-files-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What people pass by mistake: its content, and how a message names it. */
const mistakes = [
  ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', 'a Git LFS pointer'],
  ['a page', '<!doctype html><title>404</title>', 'a web page (HTML)'],
  ['an .h5', '\u0089HDF\r\n\u001a\n\0\0\0\0', 'an HDF5 file (.h5)'],
  ['gzip', '\u001f\u008b\b\0\0\0\0\0', 'a gzip-compressed file'],
  ['JSON that ends early', '{"epochs": ', undefined],
  ['JSON with a key twice', '{"name": 1, "name": 2}', undefined],
  ['JSON of another kind', '{"sed": 1}', undefined],
] as const; // prettier-ignore

/** Models of Keras are files of this format. */
const importedAs = (kind = '') => (kind.startsWith('an HDF5') ? 'a model of Keras' : kind);

const readers = [
  ['train --recipe', '.json', (file: string) => ['train', '--recipe', file, '--dry-run', '--out', join(folder, 'run')]],
  ['import --names', '.json', (file: string) => ['import', weights(), '--names', file, '--model', 'resnet18', '--out', join(folder, 'm')]],
  ['import --model', '.json', (file: string) => ['import', weights(), '--model', file, '--out', join(folder, 'm')]],
  ['import FILE', '.safetensors', (file: string) => ['import', file, '--model', 'resnet18', '--out', join(folder, 'm')]],
  ['summary MODEL', '.json', (file: string) => ['summary', file]],
  ['predict --model', '.onnx', (file: string) => ['predict', '--model', file, weights()]],
] as const; // prettier-ignore

function weights(): string {
  const file = join(folder, 'weights.safetensors');
  writeFileSync(
    file,
    writeSafetensors(new Map([['a', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]])),
  );
  return file;
}

describe.each(readers)('%s', (reader, ending, words) => {
  it.each(mistakes)('names the file that is %s', async (what, content, kind) => {
    const file = join(folder, `${what.replaceAll(' ', '-')}${ending}`);
    writeFileSync(file, content, 'latin1');
    const { code, err } = await run([...words(file)]);
    expect(code).not.toBe(0);
    expect(err).toContain(what.replaceAll(' ', '-') + ending);
    expect(err).not.toContain('    at '); // an error of ours, not one that nobody expected
    if (kind !== undefined)
      expect(err).toContain(`got ${reader === 'import FILE' ? importedAs(kind) : kind}`);
  });

  it('names a folder, and a file that is not there', async () => {
    const [directory, missing] = [join(folder, `folder${ending}`), join(folder, `missing${ending}`)];
    mkdirSync(directory, { recursive: true });
    for (const path of [directory, missing]) {
      const { code, err } = await run([...words(path)]);
      expect([code, err]).toEqual([expect.toSatisfy((each) => each !== 0), expect.stringContaining(path)]);
    }
  });
});

describe('importModel', () => {
  it.each(mistakes.slice(0, 4))('names the file that is %s', async (_, content, kind) => {
    const file = join(folder, 'in-code.safetensors');
    writeFileSync(file, content, 'latin1');
    await expect(importModel({ file, model: 'resnet18', out: join(folder, 'm') })).rejects.toThrow(
      new RegExp(`in-code\\.safetensors: expected a .*, got ${importedAs(kind).replace(/[()]/g, '\\$&')}`),
    );
  });

  it('names it for tensors that do not fit, and keeps the remedy, however long the path is', async () => {
    const long = join(folder, ...Array.from({ length: 4 }, (_, i) => `${i}`.repeat(150)));
    mkdirSync(long, { recursive: true });
    const file = join(long, `${'x'.repeat(240)}.safetensors`);
    writeFileSync(file, writeSafetensors(new Map()));
    const error: unknown = await importModel({ file, model: 'resnet18', out: join(folder, 'm') }).catch(
      (caught: unknown) => caught,
    );
    expect((error as Error).message).toMatch(
      new RegExp(`^x{240}\\.safetensors: expected the tensors of resnet18`),
    );
    writeFileSync(file, '<html>');
    const { err } = await run(['import', file, '--model', 'resnet18', '--out', join(folder, 'm')]);
    expect(err).toMatch(/x{240}\.safetensors: .*Download the file itself, not the page about it/s);
  });
});
