import { chmodSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchWheel, type FetchWheelOptions } from './fetch-wheel.js';
import { fileDigest } from './file-digest.js';
import type { PinnedWheel } from './pinned-wheel.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'dmnn-wheel-'));

/** A pip that does what the script says; $d is the folder to download into, $r the list of requirements. */
function pip(script: string): string[] {
  const path = join(folder(), 'pip');
  const find = 'while [ "$1" != -d ]; do shift; done\nd=$2\nr=$4';
  writeFileSync(path, `#!/bin/sh\n${find}\n${script}\n`);
  chmodSync(path, 0o755);
  return [path];
}

const wheel: PinnedWheel = {
  requirement: 'tensorflow-cpu==1.2.3',
  fileName: 'tensorflow_cpu-1.2.3.whl',
  // sha256 of "abc", from FIPS 180-2
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
};

const options = (command: readonly string[]): FetchWheelOptions => ({
  platforms: ['any'],
  pip: command,
  step: 'fetch-tensorflow',
  otherwise: 'name a folder',
});

describe('fetchWheel', () => {
  it('accepts the file that is known, and leaves nothing else', async () => {
    const target = folder();
    await fetchWheel(
      wheel,
      target,
      options(pip(`echo > "$TMPDIR/half"; printf abc > "$d/${wheel.fileName}"`)),
    );
    expect(await fileDigest(join(target, wheel.fileName))).toEqual({ bytes: 3, sha256: wheel.sha256 });
    expect(readdirSync(target)).toEqual([wheel.fileName]);
  });

  it.each([
    ['printf abd > "$d/tensorflow_cpu-1.2.3.whl"', /: expected SHA-256 ba7816bf\w+, got a52d159f/],
    ['printf "<html>" > "$d/tensorflow_cpu-1.2.3.whl"', /: expected SHA-256 ba7816bf/],
    ['printf abc > "$d/another.whl"', /got another\.whl\. The package index serves/],
    ['exit 0', /got nothing/],
    // pip's own words
    [
      'printf "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\\n    x from y:\\n        Expected sha256 ba78\\n             Got        0123abcd\\n"; exit 1',
      /tensorflow_cpu-1\.2\.3\.whl: expected SHA-256 ba7816bf\w+, got 0123abcd\. The package index/,
    ],
    [
      'echo no matching distribution >&2; exit 1',
      /pip could not download tensorflow-cpu==1.2.3: no matching distribution\. Check the network/,
    ],
    [
      "echo 'ERROR: HTTPSConnectionPool: Max retries exceeded (Caused by ProxyError(x))' >&2; exit 1",
      /download tensorflow-cpu==1\.2\.3: HTTPSConn.*ProxyError\(x\)\)\. The proxy does not let it through: check HTTPS_PROXY/,
    ],
    [
      "echo 'ERROR: Could not install: [Errno 28] No space left on device' >&2; exit 1",
      /The disk is full: make room/,
    ],
    // the list is what pins it
    ['cat "$r"; exit 1', /tensorflow-cpu==1\.2\.3 --hash=sha256:ba7816bf\w{56}\b/],
  ])('refuses anything else: %s', async (script, message) => {
    const fetched = fetchWheel(wheel, folder(), options(pip(script)));
    await expect(fetched).rejects.toThrow(message);
    await expect(fetched).rejects.toMatchObject({ code: 'DMNN_BUILD', step: 'fetch-tensorflow' });
  });

  it('says when pip is gone', async () => {
    const fetched = fetchWheel(wheel, folder(), options(['/no/such/pip']));
    await expect(fetched).rejects.toMatchObject({ tool: 'pip' });
  });
});
