import type { CommandIo } from '../cli/command-io.js';
import { main } from '../cli/main.js';

/** What a command printed and how it ended. */
export interface Captured {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line within a test. */
export async function run(argv: readonly string[], world: Partial<CommandIo> = {}): Promise<Captured> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(argv, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    redraw: () => undefined,
    isTerminal: false,
    columns: 100,
    env: {},
    now: () => performance.now(),
    onInterrupt: () => () => undefined,
    respawn: () => Promise.reject(new Error('respawn: not expected in this test')),
    ...world,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
