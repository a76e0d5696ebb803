// What a measurement depends on beside the code.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Units in which Linux counts processor time, a second. */
export const CLOCK_TICKS = 100;

const FLAGS = ['avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_tile', 'asimd', 'sve'];

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Cores of `/proc/cpuinfo`, two threads of one core counted once; undefined if it does not tell.
 *
 * @param {string} cpuinfo
 */
export function physicalCores(cpuinfo) {
  const cores = cpuinfo.split('\n\n').flatMap((processor) => {
    const socket = /^physical id\s*: (\d+)/m.exec(processor)?.[1];
    const core = /^core id\s*: (\d+)/m.exec(processor)?.[1];
    return socket !== undefined && core !== undefined ? [`${socket}:${core}`] : [];
  });
  return cores.length > 0 ? new Set(cores).size : undefined;
}

/** Default number of threads of both sides: the physical cores that this process may use. */
export function defaultThreads() {
  return Math.min(physicalCores(read('/proc/cpuinfo')) ?? Infinity, availableParallelism());
}

/** The machine, in the words that the results file keeps. */
export function describeMachine() {
  const cpuinfo = read('/proc/cpuinfo');
  const listed = new Set((/^(?:flags|Features)\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? '').split(' '));
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    flags: FLAGS.filter((flag) => listed.has(flag)),
    cores: physicalCores(cpuinfo) ?? cpus().length,
    memoryGigabytes: Math.round(totalmem() / 1e9),
    system: `${/^PRETTY_NAME="(.*)"$/m.exec(read('/etc/os-release'))?.[1] ?? type()}, ${type()} ${release()}`,
  };
}

/**
 * A machine's part of a file name: `amd-epyc-2-cores-avx512`.
 *
 * @param {{ cpu: string, flags: readonly string[], cores: number }} machine
 */
export function machineSlug({ cpu, flags, cores }) {
  const vectors = flags.includes('avx512f') ? 'avx512' : flags.includes('avx2') ? 'avx2' : '';
  const core = cores === 1 ? 'core' : 'cores';
  return `${cpu.replace(/\((r|tm)\)/gi, '')} ${cores} ${core} ${vectors}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** Mean number of runnable processes over the last minute; 0 on a quiet machine. */
export function loadAverage() {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

/**
 * Seconds of processor time in `/proc/stat`, of all processes and of the host where this is a virtual machine.
 *
 * @param {string} stat
 */
export function busySeconds(stat) {
  const line = /^cpu +(.*)$/m.exec(stat);
  if (!line) return null; // no Linux
  const [user, nice, system, , , interrupts, softInterrupts, stolen] = line[1].split(' ').map(Number);
  return (user + nice + system + interrupts + softInterrupts + stolen) / CLOCK_TICKS;
}

/** {@link busySeconds} of this machine, now. */
export function machineBusySeconds() {
  return busySeconds(read('/proc/stat'));
}

/** The commit that is measured, with `+` if files differ from it; null outside of a repository. */
export function commit() {
  const git = (...args) =>
    execFileSync('git', args, {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return (
      git('rev-parse', '--short=10', 'HEAD') + (git('status', '--porcelain', '--', 'packages') ? '+' : '')
    );
  } catch {
    return null;
  }
}
