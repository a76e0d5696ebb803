import process from 'node:process';
import type { CommandIo } from './command-io.js';
import { onInterrupt } from './interrupts.js';
import { respawn } from './respawn.js';

/** The world of this process. */
export function processIo(): CommandIo {
  // a reader that has seen enough (`dmnn models | head`) is no failure
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  const isTerminal = process.stderr.isTTY;
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    redraw: (text) => {
      if (isTerminal) process.stderr.write(`\r\x1b[K${text}`);
    },
    isTerminal,
    columns: process.stderr.columns || 100,
    env: process.env,
    now: () => performance.now(),
    onInterrupt,
    respawn,
  };
}
