import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import { systemCode } from '@dmnn/foundation/node';
import { BuildError } from './build-error.js';
import { downloadRemedy } from './download-problem.js';
import { errorLines, runProgram } from './run-program.js';

/** An entry of a lock of npm: a package, or what an installation asks for. */
export interface LockEntry {
  readonly version?: string;
  /** The digest of the archive, as npm writes it: `sha512-…`. */
  readonly integrity?: string;
  /** Names and ranges. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A lock of npm: every package of an installation by its path, with the digest of its archive. */
export interface PackageLock {
  readonly packages: Readonly<Record<string, LockEntry | undefined>>;
}

/**
 * Installs the packages of a lock into an empty folder, without running their scripts. npm checks the archive of each package against the lock.
 *
 * @throws BuildError, step `fetch-package`.
 */
export async function fetchPackage(
  lock: PackageLock,
  folder: string,
  npm: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const dependencies = lock.packages['']?.dependencies ?? {};
  const wanted = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
  const [program, ...args] = npm as [string, ...string[]];
  const flags = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--omit=dev',
    '--loglevel=error',
    '--package-lock',
  ];
  const result = await runProgram(program, [...args, 'ci', ...flags], { directory: folder, signal });
  if (result?.status !== 0) throw failedBy(lock, wanted, result?.output ?? 'npm is gone');
  await assertLocked(lock, folder);
}

const OTHER_ARCHIVE =
  'The registry serves another archive under this name, or it was damaged on the way: run the command again, or configure another registry (npm config get registry).';

function failedBy(lock: PackageLock, wanted: readonly string[], output: string): BuildError {
  const other = /wanted (sha\S+?) but got (sha[^\s.]+)/.exec(output);
  if (other) {
    const [, expected, got] = other as unknown as [string, string, string];
    const entry = Object.entries(lock.packages).find(([, locked]) => locked?.integrity === expected);
    const name = entry === undefined ? wanted.join(', ') : `${nameOf(entry[0])}@${entry[1]?.version ?? ''}`;
    return new BuildError('fetch-package', `${name}: expected ${expected}, got ${got}.`, OTHER_ARCHIVE);
  }
  return new BuildError(
    'fetch-package',
    `npm could not install ${wanted.join(' and ')}: ${errorLines(output)}`,
    downloadRemedy(
      output,
      'Check the network and the npm registry that is configured (npm config get registry), then run the command again.',
    ),
    { tool: 'npm' },
  );
}

/** What npm says it installed must be what the lock names: an npm of another kind may not check. */
async function assertLocked(lock: PackageLock, folder: string): Promise<void> {
  const path = join(folder, 'node_modules', '.package-lock.json');
  const installed = parseJson(await readInstalled(path), { what: path }) as PackageLock;
  const roots = Object.keys(lock.packages['']?.dependencies ?? {}).map((name) => `node_modules/${name}`);
  // an optional package may be for another system, hence absent
  for (const at of new Set([...roots, ...Object.keys(installed.packages)])) {
    const [got, locked] = [installed.packages[at], lock.packages[at]];
    if (got && locked && got.version === locked.version && got.integrity === locked.integrity) continue;
    const text = (entry: LockEntry | undefined): string =>
      entry ? `${entry.version ?? 'no version'} with ${entry.integrity ?? 'no digest'}` : 'none';
    throw new BuildError(
      'fetch-package',
      `${nameOf(at)}: expected ${text(locked)}, got ${text(got)}.`,
      OTHER_ARCHIVE,
    );
  }
}

async function readInstalled(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new BuildError(
      'fetch-package',
      `npm left no list of what it installed (${systemCode(error) ?? 'unknown'}).`,
      'Update npm to version 7 or later.',
      { tool: 'npm', cause: error },
    );
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
