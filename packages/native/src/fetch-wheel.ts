import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildError, type BuildStep } from './build-error.js';
import { downloadRemedy } from './download-problem.js';
import { fileDigest } from './file-digest.js';
import { errorLines, runProgram } from './run-program.js';
import type { PinnedWheel } from './pinned-wheel.js';

const flags = [
  ...['--no-deps', '--only-binary=:all:', '--no-input', '--disable-pip-version-check', '--quiet'],
  ...['--python-version', '3.12', '--implementation', 'cp'],
  ...['--abi', 'cp312', '--abi', 'abi3', '--abi', 'none'],
  '--require-hashes',
];

const OTHER_FILE =
  'The package index serves another file under this name, or it was damaged on the way: run the command again, or configure another index (python3 -m pip config list).';

/** Options of {@link fetchWheel}. */
export interface FetchWheelOptions {
  /** The tags of platforms that pip may take, best first. */
  readonly platforms: readonly string[];
  /** pip's command line. */
  readonly pip: readonly string[];
  /** The step that errors name. */
  readonly step: BuildStep;
  /** What can be done where there is no network, for errors: `name a folder with … instead`. */
  readonly otherwise: string;
  /** Ends the download. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads one wheel into an empty folder, by pip, which knows the index and the proxy that are configured.
 *
 * @throws BuildError if pip fails or the wheel has another digest.
 */
export async function fetchWheel(
  wheel: PinnedWheel,
  folder: string,
  options: FetchWheelOptions,
): Promise<void> {
  const { platforms, pip, signal } = options;
  const { requirement, fileName, sha256 } = wheel;
  // a pip that is killed leaves what it was downloading
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  const list = join(temporary, 'requirements.txt');
  await writeFile(list, `${requirement} --hash=sha256:${sha256}\n`);
  const [program, ...args] = pip as [string, ...string[]];
  const tags = platforms.flatMap((tag) => ['--platform', tag]);
  const result = await runProgram(
    program,
    [...args, 'download', ...flags, ...tags, '-d', folder, '-r', list],
    { environment: { TMPDIR: temporary }, signal },
  );
  await rm(temporary, { recursive: true, force: true });
  if (result?.status !== 0) throw failedBy(wheel, result?.output ?? 'pip is gone', options);
  const files = await readdir(folder);
  const got = files.includes(fileName) ? (await fileDigest(join(folder, fileName))).sha256 : undefined;
  if (got !== sha256) throw otherFile(wheel, got ?? (files.join(', ') || 'nothing'), options.step);
}

function otherFile({ fileName, sha256 }: PinnedWheel, got: string, step: BuildStep): BuildError {
  return new BuildError(step, `${fileName}: expected SHA-256 ${sha256}, got ${got}.`, OTHER_FILE);
}

function failedBy(
  wheel: PinnedWheel,
  output: string,
  { step, otherwise }: Pick<FetchWheelOptions, 'step' | 'otherwise'>,
): BuildError {
  const got = /Expected sha256 \w+[\s\S]*?Got\s+(\w+)/.exec(output)?.[1];
  if (got !== undefined) return otherFile(wheel, got, step);
  return new BuildError(
    step,
    `pip could not download ${wheel.requirement}: ${errorLines(output).replace(/^ERROR: /gm, '')}.`,
    downloadRemedy(
      output,
      `Check the network and the package index that is configured (python3 -m pip config list), or ${otherwise}.`,
    ),
    { tool: 'pip' },
  );
}
