import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { BuildError } from './build-error.js';
import { fileDigest } from './file-digest.js';
import { errorLines, runProgram } from './run-program.js';
import type { TensorflowWheel } from './tensorflow-wheel.js';

function pipDownload(
  pip: readonly string[],
  platforms: readonly string[],
  folder: string,
  what: readonly string[],
): Promise<void> {
  const [program, ...args] = pip as [string, ...string[]];
  const flags = ['--no-deps', '--only-binary=:all:', '--no-input', '--disable-pip-version-check', '--quiet'];
  const python = [
    '--python-version',
    '3.12',
    '--implementation',
    'cp',
    '--abi',
    'cp312',
    '--abi',
    'abi3',
    '--abi',
    'none',
  ];
  const tags = platforms.flatMap((tag) => ['--platform', tag]);
  return runProgram(program, [...args, 'download', ...flags, ...python, ...tags, '-d', folder, ...what]).then(
    (result) => {
      if (result?.status === 0) return;
      throw new BuildError(
        'fetch-tensorflow',
        `pip could not download ${what.join(' ')}: ${errorLines(result?.output ?? 'pip is gone')}`,
        'Check the network and the package index that is configured (python3 -m pip config list), or name a folder with ' +
          'libtensorflow instead (dmnn backend install --libtensorflow FOLDER).',
        { tool: 'pip' },
      );
    },
  );
}

/** The requirements of the extra `and-cuda` in a wheel's metadata. */
export function cudaRequirements(metadata: string): string[] {
  return [...metadata.matchAll(/^Requires-Dist: (.+?)\s*;\s*extra == ['"]and-cuda['"]\s*$/gm)].map((match) =>
    (match[1] as string).replace(/[()\s]/g, ''),
  );
}

/**
 * Downloads TensorFlow's wheel, and for a GPU the CUDA wheels that it names, into an empty folder.
 *
 * @throws BuildError, step `fetch-tensorflow`, if pip fails or the wheel has another digest.
 */
export async function fetchWheels(
  wheel: TensorflowWheel,
  folder: string,
  tools: { pip: readonly string[]; python: readonly string[] },
  gpu: boolean,
): Promise<void> {
  await pipDownload(tools.pip, wheel.platforms, folder, [wheel.requirement]);
  const path = join(folder, wheel.fileName);
  const got = (await readdir(folder)).includes(wheel.fileName) ? await fileDigest(path) : undefined;
  if (got?.bytes !== wheel.bytes || got.sha256 !== wheel.sha256) {
    throw new BuildError(
      'fetch-tensorflow',
      `${wheel.fileName}: expected ${wheel.bytes} bytes with SHA-256 ${wheel.sha256}, got ` +
        (got ? `${got.bytes} bytes with ${got.sha256}.` : `${(await readdir(folder)).join(', ')}.`),
      'The package index serves another file under this name; configure one that does not, then run the command again.',
    );
  }
  if (!gpu) return;
  const [program, ...args] = tools.python as [string, ...string[]];
  const script = `import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
sys.stdout.write(wheel.read(next(n for n in wheel.namelist() if n.endswith('.dist-info/METADATA'))).decode())`;
  const metadata = await runProgram(program, [...args, '-c', script, path]);
  const requirements = cudaRequirements(metadata?.stdout ?? '');
  if (requirements.length === 0) {
    throw new BuildError(
      'fetch-tensorflow',
      `${wheel.fileName} names no CUDA packages.`,
      'Report it: the pinned wheel has some.',
    );
  }
  await pipDownload(tools.pip, wheel.platforms, folder, requirements);
}
