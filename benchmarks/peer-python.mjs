// The Python of PyTorch's side: a virtual environment that is given, or one that is made once in the cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const pinned = fileURLToPath(new URL('peer-requirements.txt', import.meta.url));
/** What PyTorch's side imports. */
export const TORCH = ['torch', 'torchvision', 'PIL'];
const INSTALLED_GB = 5.5;
const ROOM_GB = 9; // while wheels lie beside what is unpacked of them

/** There is no PyTorch to compare with; the message says why and what to do. */
export class NoPeerError extends Error {
  /** @override */
  name = 'NoPeerError';
}

/** `${XDG_CACHE_HOME ?? ~/.cache}/dmnn/bench-python`; a relative value counts for none, as its specification asks. */
export function peerDirectory(environment = process.env) {
  const configured = environment.XDG_CACHE_HOME;
  const cache = configured?.startsWith('/') ? configured : join(homedir(), '.cache');
  return join(cache, 'dmnn', 'bench-python');
}

/**
 * The Python to call.
 *
 * @param {{ directory?: string, modules?: string[], requirements?: string, say: (line: string) => void }} options -
 *   `directory`: an environment that exists; `modules`: what it must import; `requirements`: what pip installs into the one that is made
 * @throws NoPeerError
 */
export function peerPython({ directory, modules = TORCH, requirements = pinned, say }) {
  if (directory !== undefined) {
    const python = pythonOf(directory);
    const result = run(python, ['-c', `import ${modules.join(', ')}`]);
    if (result.status === 0) return python;
    const reason = result.error?.message ?? result.stderr.trim().split('\n').at(-1);
    throw new NoPeerError(
      `--peer-python: expected a virtual environment with ${modules.join(', ')}, got ${directory} (${reason})`,
    );
  }
  const made = peerDirectory();
  const stamp = join(made, 'complete');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    make(made, requirements, say);
    writeFileSync(stamp, wanted);
  }
  return pythonOf(made);
}

function make(directory, requirements, say) {
  const python = ['python3', 'python'].find(
    (name) => run(name, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']).status === 0,
  );
  if (!python)
    throw new NoPeerError(
      'no Python 3.10 or later with venv was found. Install it (Debian: apt-get install python3-venv), or name an environment with --peer-python.',
    );
  rmSync(directory, { recursive: true, force: true }); // what an interrupted call left
  mkdirSync(dirname(directory), { recursive: true });
  const { bavail, bsize } = statfsSync(dirname(directory));
  if (bavail * bsize < ROOM_GB * 1e9)
    throw new NoPeerError(
      `${dirname(directory)} has room for ${((bavail * bsize) / 1e9).toFixed(1)} GB; ${ROOM_GB} GB are needed while PyTorch is unpacked. ` +
        'Set XDG_CACHE_HOME to a folder on another disk, or name an environment with --peer-python.',
    );
  say(
    `PyTorch is fetched from PyPI into ${directory}, once: ${INSTALLED_GB} GB. --peer-python DIR uses an environment that you have; --no-peer does without.`,
  );
  const steps = [
    [python, ['-m', 'venv', directory]],
    [
      pythonOf(directory),
      ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-cache-dir', '-r', requirements],
    ],
  ];
  for (const [command, args] of steps) {
    const { status, stderr, error } = run(command, args);
    if (status === 0) continue;
    rmSync(directory, { recursive: true, force: true });
    const reason = error?.message ?? stderr.trim().split('\n').slice(-3).join('\n');
    throw new NoPeerError(`PyTorch could not be installed: ${reason}`);
  }
}

function pythonOf(directory) {
  return process.platform === 'win32'
    ? join(directory, 'Scripts', 'python.exe')
    : join(directory, 'bin', 'python');
}

function run(command, args) {
  return spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
}
