import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';

/** Set in a process that {@link respawn} started: it does not start another. */
export const RESPAWNED = 'DMNN_RESPAWNED';

/** The message that a parent sends its respawned child to stop it. */
export const INTERRUPT_MESSAGE = 'interrupt';

/**
 * Runs this command again in a new process with more variables, since an allocator reads its settings only at start.
 *
 * The two share standard input and output. The parent forwards its signals to the child, and ends if the parent is killed.
 *
 * @param env - added to the variables of this process
 * @param args - of `node`; by default this process's own
 * @returns the child's exit code; 128 + the signal that ended it
 */
export function respawn(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [...process.execArgv, ...process.argv.slice(1)],
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...env, [RESPAWNED]: '1' },
    });
    const forward = (): void => void child.send(INTERRUPT_MESSAGE);
    process.on('SIGINT', forward);
    process.on('SIGTERM', forward);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}
