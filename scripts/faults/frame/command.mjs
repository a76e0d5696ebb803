import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built command. */
export const command = fileURLToPath(new URL('../../../packages/dmnn/bin/dmnn.js', import.meta.url));
const failingDisk = new URL('failing-disk.mjs', import.meta.url).href;

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env] added to this process's; undefined removes a variable
 * @property {import('./failing-disk.mjs').DiskFault} [disk] what goes wrong on the disk
 * @property {readonly string[]} [before] a program that runs it, such as `setpriv` and its options
 * @property {string} [shell] a line for bash in which `"$@"` is the command, such as `"$@" | head -1`
 * @property {number} [seconds] after these it counts as hung and is killed. Default 120
 *
 * @typedef {object} Ended how a command ended
 * @property {number | null} code
 * @property {string | null} signal
 * @property {string} out
 * @property {string} err
 * @property {number} seconds
 * @property {boolean} hung
 */

/** The words of a command. @param {readonly string[]} args @param {CommandOptions} options @returns {string[]} */
function words(args, { before = [], shell }) {
  const own = [process.execPath, command, ...args];
  return shell === undefined ? [...before, ...own] : [...before, 'bash', '-c', shell, 'bash', ...own];
}

/** @param {readonly string[]} args @param {CommandOptions} [options] */
export function startDmnn(args, options = {}) {
  const [program, ...rest] = words(args, options);
  return started(program, rest, options);
}

/** @param {readonly string[]} args @param {CommandOptions} [options] @returns {Promise<Ended>} */
export function runDmnn(args, options) {
  return startDmnn(args, options).ended;
}

/** Runs a script of Node to its end. @param {readonly string[]} args @returns {Promise<Ended>} */
export function runNode(args) {
  return started(process.execPath, args, {}).ended;
}

/**
 * Starts a program in a process group of its own.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {CommandOptions} options
 */
function started(program, args, { cwd, env = {}, disk, seconds = 120 }) {
  const began = performance.now();
  const variables = {
    ...process.env,
    NODE_OPTIONS: disk ? `--import=${failingDisk}` : undefined,
    DMNN_DISK_FAULT: disk && JSON.stringify(disk),
    ...env,
  };
  const child = spawn(program, args, {
    cwd,
    env: Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined)),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err, hung, closed] = ['', '', false, false];
  /** @type {{ pattern: RegExp, resolve: () => void }[]} */
  const waiting = [];
  const heard = () => {
    for (const one of waiting) if (closed || one.pattern.test(out + err)) one.resolve();
  };
  child.stdout.setEncoding('utf8').on('data', (text) => ((out += text), heard()));
  child.stderr.setEncoding('utf8').on('data', (text) => ((err += text), heard()));
  /** @param {NodeJS.Signals} signal */
  const group = (signal) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // all of the group have ended
    }
  };
  const timer = setTimeout(() => ((hung = true), group('SIGKILL')), 1000 * seconds);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      closed = true;
      heard();
      resolve({ code, signal, out, err, hung, seconds: (performance.now() - began) / 1000 });
    });
  });
  return {
    ended: /** @type {Promise<Ended>} */ (ended),
    pid: /** @type {number} */ (child.pid),
    /** Kills it and its children. */
    kill: () => group('SIGKILL'),
    /** Signals the process and none of its children. @param {NodeJS.Signals} signal */
    signal: (signal) => void child.kill(signal),
    /** Waits until its output has something, or it has ended. @param {RegExp} pattern */
    said: (pattern) =>
      new Promise((/** @type {(value: void) => void} */ resolve) => {
        waiting.push({ pattern, resolve });
        heard();
      }),
  };
}
