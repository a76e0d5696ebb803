import process from 'node:process';
import type { CommandIo } from './command-io.js';
import { type ExitCode, INTERRUPTED } from './exit-code.js';
import { INTERRUPT_MESSAGE, RESPAWNED } from './respawn.js';

/**
 * Calls the listener at the first SIGINT or SIGTERM, and ends the process at the second.
 *
 * @returns a function that stops listening
 */
export function onInterrupt(listener: () => void): () => void {
  // Ctrl-C in a terminal reaches this process twice where a parent respawned it: from the terminal and from the parent.
  // A kill of the parent alone reaches it once. So the two are counted apart, and the larger count is how often
  // somebody asked.
  let fromSystem = 0;
  let fromParent = 0;
  let asked = 0;
  const ask = (): void => {
    const times = Math.max(fromSystem, fromParent);
    if (times > 1) process.exit(INTERRUPTED);
    else if (times > asked) listener();
    asked = times;
  };
  const onSignal = (): void => {
    fromSystem += 1;
    ask();
  };
  const onMessage = (message: unknown): void => {
    if (message !== INTERRUPT_MESSAGE) return;
    fromParent += 1;
    ask();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const isChild = process.env[RESPAWNED] !== undefined;
  if (isChild) {
    process.on('message', onMessage);
    process.channel?.unref();
  }
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    if (isChild) process.off('message', onMessage);
  };
}

/** Ends this process with the parent that respawned it, so that killing the command kills the work. */
export function endWithParent(): void {
  if (process.env[RESPAWNED] === undefined) return;
  process.on('disconnect', () => process.exit(1));
  process.channel?.unref();
}

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
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    io.err('interrupted');
    return INTERRUPTED;
  } finally {
    io.redraw('');
    stop();
  }
}
