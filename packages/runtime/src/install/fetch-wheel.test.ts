import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cudaRequirements, fetchWheels } from './fetch-wheel.js';
import { fileDigest } from './file-digest.js';
import { type TensorflowWheel, tensorflowWheel } from './tensorflow-wheel.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'dmnn-wheel-'));

/** A pip that does what the script says; $d is the folder to download into. */
function pip(script: string): string[] {
  const path = join(folder(), 'pip');
  writeFileSync(path, `#!/bin/sh\nwhile [ "$1" != -d ]; do shift; done\nd=$2\n${script}\n`);
  chmodSync(path, 0o755);
  return [path];
}

const wheel: TensorflowWheel = {
  requirement: 'tensorflow-cpu==1.2.3',
  fileName: 'tensorflow_cpu-1.2.3.whl',
  bytes: 3,
  // sha256 of "abc", from FIPS 180-2
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  platforms: ['any'],
};
const python = ['python3'];

describe('fetchWheels', () => {
  it('accepts the file that is known', async () => {
    const target = folder();
    await fetchWheels(wheel, target, { pip: pip(`printf abc > "$d/${wheel.fileName}"`), python }, false);
    expect(await fileDigest(join(target, wheel.fileName))).toEqual({ bytes: 3, sha256: wheel.sha256 });
  });

  it.each([
    ['printf abd > "$d/tensorflow_cpu-1.2.3.whl"', 'expected 3 bytes with SHA-256 ba7816bf'],
    ['printf abc > "$d/another.whl"', 'got another.whl'],
    [
      'echo no matching distribution >&2; exit 1',
      'pip could not download tensorflow-cpu==1.2.3: no matching distribution',
    ],
  ])('refuses anything else: %s', async (script, message) => {
    const fetched = fetchWheels(wheel, folder(), { pip: pip(script), python }, false);
    await expect(fetched).rejects.toThrow(message);
    await expect(fetched).rejects.toMatchObject({ code: 'DMNN_BUILD', step: 'fetch-tensorflow' });
  });

  it('fetches what the wheel names for CUDA', async () => {
    const target = folder();
    // prints the metadata, whatever it is asked
    const fake = pip('').join('');
    writeFileSync(fake, `#!/bin/sh\necho "Requires-Dist: nvidia-x<2,>=1; extra == 'and-cuda'"\n`);
    const download = pip(`printf abc > "$d/${wheel.fileName}"; shift 2; printf %s "$*" > "$d/asked"`);
    await fetchWheels(wheel, target, { pip: download, python: [fake] }, true);
    expect(readFileSync(join(target, 'asked'), 'utf8')).toBe('nvidia-x<2,>=1');

    writeFileSync(fake, '#!/bin/sh\necho Name: tensorflow\n');
    const nothing = fetchWheels(wheel, folder(), { pip: download, python: [fake] }, true);
    await expect(nothing).rejects.toThrow('names no CUDA packages');
  });

  it('says when pip is gone', async () => {
    const fetched = fetchWheels(wheel, folder(), { pip: ['/no/such/pip'], python }, false);
    await expect(fetched).rejects.toMatchObject({ tool: 'pip' });
  });
});

it('reads what TensorFlow wants for CUDA', () => {
  const metadata = `Name: tensorflow
Requires-Dist: numpy>=1.26.0
Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"
Requires-Dist: nvidia-cudnn-cu12 (>=9.3.0.75,<10.0) ; extra == 'and-cuda'
Requires-Dist: tensorflow-gcs; extra == "gcs"
`;
  expect(cudaRequirements(metadata)).toEqual([
    'nvidia-cublas-cu12<13.0,>=12.5.3.2',
    'nvidia-cudnn-cu12>=9.3.0.75,<10.0',
  ]);
});

it('knows which machines have a wheel', () => {
  expect(tensorflowWheel('linux', 'x64', false)?.requirement).toBe('tensorflow-cpu==2.21.0');
  expect(tensorflowWheel('linux', 'x64', true)?.requirement).toBe('tensorflow==2.21.0');
  expect(tensorflowWheel('linux', 'arm64', false)?.fileName).toContain('aarch64');
  expect(tensorflowWheel('linux', 'arm64', true)).toBeUndefined();
  expect(tensorflowWheel('win32', 'x64', false)).toBeUndefined();
  for (const gpu of [false, true]) {
    const platforms = tensorflowWheel('linux', 'x64', gpu)?.platforms;
    expect(platforms).toContain('manylinux_2_27_x86_64');
    expect(platforms).toContain('manylinux2014_x86_64');
  }
});
