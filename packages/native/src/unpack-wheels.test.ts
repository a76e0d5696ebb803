import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unpackWheels, type WantedMembers } from './unpack-wheels.js';

const wanted: WantedMembers[] = [
  { pattern: String.raw`tensorflow/(lib[^/]*\.so[.0-9]*)$`, folder: 'lib/' },
  { pattern: String.raw`tensorflow/include/((?:tensorflow/c|tsl|xla/tsl)/.*\.h)$`, folder: 'include/' },
  { pattern: String.raw`(nvidia/[^/]+/lib/[^/]+\.so[.0-9]*)$`, folder: '' },
];

const folder = (): string => mkdtempSync(join(tmpdir(), 'dmnn-unpack-'));
const hasPython = spawnSync('python3', ['--version']).status === 0;

/** A wheel whose members each hold their own name. */
function wheel(names: string[]): string {
  const path = join(folder(), 'tensorflow.whl');
  const script = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as wheel:
    for name in sys.argv[2:]:
        wheel.writestr(name, name * 1000)`;
  execFileSync('python3', ['-c', script, path, ...names]);
  return path;
}

describe.runIf(hasPython)('unpackWheels', () => {
  it('takes what is wanted, and writes nothing outside the folder', async () => {
    const target = folder();
    const members = {
      'tensorflow/libtensorflow_cc.so.2': 'lib/libtensorflow_cc.so.2',
      'tensorflow/include/tensorflow/c/c_api.h': 'include/tensorflow/c/c_api.h',
      'tensorflow/include/xla/tsl/c/tsl_status.h': 'include/xla/tsl/c/tsl_status.h',
      'nvidia/cudnn/lib/libcudnn.so.9': 'nvidia/cudnn/lib/libcudnn.so.9',
    };
    const others = [
      'tensorflow/include/Eigen/Core.h',
      'tensorflow/__init__.py',
      'tensorflow/include/tsl/../../../../outside.h',
      'nvidia/cudnn/include/cudnn.h',
    ];
    await unpackWheels([wheel([...Object.keys(members), ...others])], target, wanted, ['python3']);
    for (const [name, path] of Object.entries(members)) {
      expect(readFileSync(join(target, path), 'utf8')).toBe(name.repeat(1000));
    }
    expect(existsSync(join(target, '..', 'outside.h'))).toBe(false);
    expect(existsSync(join(target, 'include', 'Eigen'))).toBe(false);
  });

  it('says which file is damaged', async () => {
    const path = wheel(['tensorflow/libtensorflow_cc.so.2']);
    truncateSync(path, 60);
    const unpacked = unpackWheels([path], folder(), wanted, ['python3']);
    await expect(unpacked).rejects.toThrow(path);
    await expect(unpacked).rejects.toMatchObject({ code: 'DMNN_BUILD', step: 'unpack' });
  });
});
