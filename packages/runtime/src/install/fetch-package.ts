import { readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import { BuildError } from './build-error.js';
import { TFJS_NODE_VERSION } from './native-cache.js';
import { errorLines, runProgram } from './run-program.js';

/** A package that {@link fetchPackage} can install. */
export type PinnedPackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu' | 'node-gyp';

/** The packages fetched from npm, with the digests of their archives. */
const pinned: Readonly<Record<PinnedPackage, { readonly version: string; readonly integrity: string }>> = {
  '@tensorflow/tfjs-node': {
    version: TFJS_NODE_VERSION,
    integrity:
      'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
  },
  '@tensorflow/tfjs-node-gpu': {
    version: TFJS_NODE_VERSION,
    integrity:
      'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
  },
  'node-gyp': {
    version: '11.5.0',
    integrity:
      'sha512-ra7Kvlhxn5V9Slyus0ygMa2h+UqExPqUIkfk7Pc8QTLT956JLSy51uWFwHtIYy0vI8cB4BDhc/S03+880My/LQ==',
  },
};

/**
 * Installs one package with its dependencies into an empty folder, without running scripts: they would download a
 * TensorFlow of 2022, or fail.
 *
 * @throws BuildError, step `fetch-package`.
 */
export async function fetchPackage(
  name: PinnedPackage,
  folder: string,
  npm: readonly string[],
): Promise<void> {
  const { version, integrity } = pinned[name];
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { [name]: version } }),
  );
  const [program, ...args] = npm as [string, ...string[]];
  const flags = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--omit=dev',
    '--loglevel=error',
  ];
  const result = await runProgram(program, [...args, 'install', ...flags], { directory: folder });
  if (result?.status !== 0) {
    throw new BuildError(
      'fetch-package',
      `npm could not install ${name}@${version}: ${errorLines(result?.output ?? 'npm is gone')}`,
      'Check the network and the npm registry that is configured (npm config get registry), then run the command again.',
      { tool: 'npm' },
    );
  }
  const lock = parseJson(readFileSync(join(folder, 'package-lock.json'))) as {
    packages: Record<string, { version?: string; integrity?: string } | undefined>;
  };
  const got = lock.packages[`node_modules/${name}`];
  if (got?.version !== version || got.integrity !== integrity) {
    throw new BuildError(
      'fetch-package',
      `${name}: expected ${version} with ${integrity}, got ${got?.version ?? 'none'} with ${got?.integrity ?? 'none'}.`,
      'The registry serves another archive under this name; configure one that does not.',
    );
  }
}

/**
 * Removes the tensor library that came with the package, so it can only use the application's.
 *
 * @param folder - where the package was installed.
 */
export async function removeTensorLibrary(folder: string, keep: PinnedPackage): Promise<void> {
  const scope = join(folder, 'node_modules', '@tensorflow');
  for (const name of await readdir(scope)) {
    if (`@tensorflow/${name}` !== keep) await rm(join(scope, name), { recursive: true, force: true });
  }
}
