import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { closeAfter } from '@dmnn/foundation';
import type { CommandIo } from './command-io.js';
import { type ExitCode, INTERRUPTED } from './exit-code.js';
import { PARENT_FD, RESPAWNED, toChild, toParent } from './respawn.js';
import { stopSignals } from './stop-signals.js';

/** Listeners of {@link onInterrupt} that are not stopped yet. */
let listening = 0;

/**
 * Calls the listener at the first SIGINT, SIGTERM or SIGHUP, and ends the process at the second. A SIGHUP is never the second:
 * a terminal that closes and its shell both send one.
 *
 * @returns a function that stops listening
 */
export function onInterrupt(listener: () => void): () => void {
  // Ctrl-C in a terminal reaches this process twice where a parent respawned it: from the terminal and from the parent.
  // A kill of the parent alone reaches it once. So the two are counted apart, and the larger count is how often
  // somebody asked.
  let fromSystem = 0;
  let fromParent = 0;
  let hungUp = 0;
  let asked = 0;
  const ask = (): void => {
    const times = Math.max(fromSystem, fromParent) + hungUp;
    if (times > 1) process.exit(INTERRUPTED);
    else if (times > asked) {
      tellParent(toParent.stops);
      listener();
    }
    asked = times;
  };
  const onHangUp = (): void => {
    if (asked > 0) return;
    hungUp = 1;
    ask();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGHUP') onHangUp();
    else {
      fromSystem += 1;
      ask();
    }
  };
  const onMessage = (message: unknown): void => {
    if (message === toChild.hangUp) onHangUp();
    else if (message === toChild.interrupt) {
      fromParent += 1;
      ask();
    }
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  const isChild = process.env[RESPAWNED] !== undefined;
  if (isChild) {
    process.on('message', onMessage);
    process.channel?.unref();
  }
  if (listening++ === 0) tellParent(toParent.listens);
  return () => {
    for (const signal of stopSignals) process.off(signal, onSignal);
    if (isChild) process.off('message', onMessage);
    if (--listening === 0) tellParent(toParent.listensNoMore);
  };
}

function tellParent(message: string): void {
  if (process.env[RESPAWNED] === undefined || !process.connected) return;
  process.send?.(message, () => undefined); // a parent that is gone ends this process anyway
}

/**
 * Ends this process with the parent that respawned it, so that killing the command kills the work: at once, even while it
 * computes, when nothing else in it is heard.
 */
export function endWithParent(): void {
  if (process.env[RESPAWNED] === undefined) return;
  process.on('disconnect', () => process.exit(1));
  process.channel?.unref();
  const watch = new Worker(PARENT_WATCH, { eval: true, execArgv: [], workerData: PARENT_FD });
  watch.on('error', () => undefined); // a process started by hand with that variable has no such parent
  watch.unref();
}

/** The program of a thread, as text: waits until the parent's end of the connection is gone. */
const PARENT_WATCH = `
const { Socket } = require('node:net');
const { workerData } = require('node:worker_threads');
new Socket({ fd: workerData, readable: true }).on('error', () => undefined).on('end', () => {
  process.kill(process.pid, 'SIGKILL');
}).resume();
`;

/**
 * A signal that aborts at the first Ctrl-C, and a function that stops listening for it.
 *
 * @param onInterrupt - called before it aborts
 */
export function interruptSignal(
  io: CommandIo,
  onInterrupt?: () => void,
): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const stop = io.onInterrupt(() => {
    onInterrupt?.();
    controller.abort();
  });
  return { signal: controller.signal, stop };
}

/** Runs work that Ctrl-C aborts, which ends the command. */
export async function interruptible(
  io: CommandIo,
  work: (signal: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { signal, stop } = interruptSignal(io);
  return closeAfter(
    async () => {
      try {
        return await work(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
        io.err('interrupted');
        return INTERRUPTED;
      }
    },
    () => {
      io.redraw('');
    },
    stop,
  );
}
