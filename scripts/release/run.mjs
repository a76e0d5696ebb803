// Runs a program to its end; an error says what it printed.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The pinned pnpm, to be run by node. */
export const pnpm = join(root, '.tools/node_modules/pnpm/bin/pnpm.cjs');

/** The environment in which tools find pnpm by name, as changesets does. */
export const withPnpm = { PATH: `${join(root, '.tools/node_modules/.bin')}${delimiter}${process.env.PATH}` };

/**
 * @param {string} command @param {readonly string[]} args
 * @param {{ cwd: string, env?: Readonly<Record<string, string | undefined>>, timeoutMs?: number }} options
 * @returns {string} what it printed on standard output
 * @throws Error with all that it printed, if it fails
 */
export function run(command, args, { cwd, env, timeoutMs }) {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
      timeout: timeoutMs,
      shell: command === 'npm' && process.platform === 'win32',
      env: { ...process.env, ...env },
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    throw new Error(`in ${cwd}: ${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

/**
 * As {@link run}, while others run.
 *
 * @param {string} command @param {readonly string[]} args
 * @param {{ cwd: string, env?: Readonly<Record<string, string | undefined>>, timeoutMs?: number }} options
 * @returns {Promise<string>} what it printed on standard output
 */
export function runBesides(command, args, { cwd, env, timeoutMs }) {
  return new Promise((done, failed) => {
    execFile(
      command,
      args,
      {
        cwd,
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        timeout: timeoutMs,
        shell: command === 'npm' && process.platform === 'win32',
        env: { ...process.env, ...env },
      },
      (error, stdout, stderr) => {
        if (error)
          failed(new Error(`in ${cwd}: ${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error }));
        else done(stdout);
      },
    );
  });
}

/**
 * Does something with each of a list, two at a time; the first error ends it.
 *
 * @template T
 * @param {readonly T[]} all @param {(one: T) => Promise<void>} act
 */
export async function twoAtATime(all, act) {
  const waiting = [...all];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await act(next);
  };
  await Promise.all([worker(), worker()]);
}

/** The script of a tool of the workspace, to be run by node: `toolPath('@changesets/cli', 'changeset')`. */
export function toolPath(/** @type {string} */ name, /** @type {string} */ binary = name) {
  const manifest = join(root, 'node_modules', name, 'package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  const path = join(dirname(manifest), typeof bin === 'string' ? bin : bin[binary]);
  return existsSync(path) ? path : createRequire(manifest).resolve(path);
}
