import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { systemCode } from '../files/file-error.js';

/**
 * The start time of a process, as text that two processes with the same number never share: ticks since boot together
 * with the boot id on Linux, the date elsewhere.
 *
 * @returns `undefined` if there is no such process; `unknown` if its start time cannot be determined
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  try {
    // in a PID namespace with the /proc of another, numbers there are of other processes
    if ((await readlink('/proc/self')) !== String(process.pid)) return 'unknown';
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // the second field is the command's name in parentheses and may hold anything; starttime is the 22nd
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined; // ended, but not yet reaped by its parent
    return `${boot.trim()}+${fields[19] ?? ''}`;
  } catch {
    return startByPs(pid);
  }
}

async function startByPs(pid: number): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
