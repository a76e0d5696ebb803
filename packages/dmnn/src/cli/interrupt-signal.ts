import type { CommandIo } from './command-io.js';

/** A signal that aborts at the first Ctrl-C, and how to stop listening for it. */
export function interruptSignal(io: CommandIo): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const stop = io.onInterrupt(() => {
    controller.abort();
  });
  return { signal: controller.signal, stop };
}
