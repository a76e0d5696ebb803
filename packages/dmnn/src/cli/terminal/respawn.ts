import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';
import { INTERRUPTED } from './exit-code.js';
import { stopSignals } from './stop-signals.js';

/** Set in a process that {@link respawn} started: it does not start another. */
export const RESPAWNED = 'DMNN_RESPAWNED';

/** What a parent sends its respawned child about a signal that it got. */
export const toChild = { interrupt: 'interrupt', hangUp: 'hang-up' } as const;

/** What a respawned child sends its parent: whether it can stop by itself, and that it stops now. */
export const toParent = { listens: 'listens', listensNoMore: 'listens-no-more', stops: 'stops' } as const;

/** The file descriptor of a child on which nothing comes, and which ends with the parent. */
export const PARENT_FD = 4;

/** Milliseconds after which a child that has not answered is said to be computing. */
const BUSY_MS = 1000;

/** What {@link respawn} can be given besides the variables. */
export interface RespawnOptions {
  /** Of `node`. @defaultValue this process's own */
  readonly args?: readonly string[] | undefined;
  /** Takes a remark for the user. @defaultValue none is made */
  readonly say?: ((text: string) => void) | undefined;
}

/**
 * Runs this command again in a new process: with more variables, since an allocator reads its settings only at start, and
 * so that signals are answered while it computes, when it cannot handle any.
 *
 * The two share standard input and output. The first signal asks the child to stop, or ends it if it has nothing to
 * finish; if it does not answer, since it computes, this is said. The second ends it. If the parent is killed, the child
 * ends.
 *
 * @param env - added to the variables of this process
 * @returns the child's exit code; 130 if it was interrupted twice; 128 + the signal that ended it
 */
export function respawn(
  env: Readonly<Record<string, string>>,
  { args = [...process.execArgv, ...process.argv.slice(1)], say = () => undefined }: RespawnOptions = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', 'pipe'],
      env: { ...process.env, ...env, [RESPAWNED]: '1' },
    });
    let listens = false;
    let asked = 0;
    let busy: NodeJS.Timeout | undefined;
    child.on('message', (message) => {
      if (message === toParent.listens) listens = true;
      else if (message === toParent.listensNoMore) listens = false;
      else if (message === toParent.stops) clearTimeout(busy);
    });
    const onSignal = (signal: NodeJS.Signals): void => {
      const isHangUp = signal === 'SIGHUP';
      if (isHangUp && asked > 0) return; // a terminal that closes and its shell both send one
      asked += 1;
      if (asked > 1) child.kill('SIGKILL');
      else if (!listens) child.kill(signal);
      else {
        child.send(isHangUp ? toChild.hangUp : toChild.interrupt, () => undefined);
        busy = setTimeout(() => {
          say('Stopping after what is being computed now; interrupt again to stop at once.');
        }, BUSY_MS);
      }
    };
    for (const signal of stopSignals) process.on(signal, onSignal);
    const ended = (): void => {
      clearTimeout(busy);
      for (const signal of stopSignals) process.off(signal, onSignal);
    };
    child.on('error', (error) => {
      ended();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      ended();
      if (asked > 1 && code === null) resolve(INTERRUPTED);
      else resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}
