import type { CommandIo } from './command-io.js';
import { type ExitCode, INTERRUPTED } from './exit-code.js';

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
