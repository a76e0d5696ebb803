import process from 'node:process';
import { format } from 'node:util';
import { DmnnError, printable, printableLines } from '@dmnn/foundation';
import type { CommandIo } from './command-io.js';
import { DONE } from './exit-code.js';
import { endWithParent, onInterrupt } from './interrupts.js';
import { reportError } from './report-error.js';
import { respawn } from './respawn.js';

/**
 * The world of this process.
 *
 * @param json - whether it writes only JSON: what libraries print to the console then becomes objects, too
 */
export function processIo(json = false): CommandIo {
  const isTerminal = process.stderr.isTTY;
  let isDrawn = false;
  /** A line that was drawn is not to be mixed with what is written now. */
  const clear = (): void => {
    if (isDrawn) process.stderr.write('\r\x1b[K');
    isDrawn = false;
  };
  const io: CommandIo = {
    out: (text) => {
      clear();
      process.stdout.write(`${text}\n`);
    },
    err: (text) => {
      clear();
      process.stderr.write(`${text}\n`);
    },
    redraw: (text) => {
      if (!isTerminal) return;
      clear();
      process.stderr.write(text);
      isDrawn = text !== '';
    },
    isTerminal,
    get columns() {
      return process.stderr.columns || 100;
    },
    env: process.env,
    now: () => performance.now(),
    onInterrupt,
    separate: true,
    respawn: (env, say) => respawn(env, { say }),
  };
  endWithParent();
  endWhenUnwritable(io, json);
  if (json) speakJson(io);
  return io;
}

/** Results that cannot be written are a failure; a reader that has seen enough (`dmnn models | head`) is none. */
function endWhenUnwritable(io: CommandIo, json: boolean): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // in a turn of its own, so that a command which is at its end, with all saved, still says how it ended
    if (error.code === 'EPIPE') setImmediate(() => process.exit(process.exitCode ?? DONE));
    else process.exit(reportError(outputError(error), json, io));
  });
  process.stderr.on('error', () => undefined); // there is nowhere left to say so
}

function outputError(cause: Error): DmnnError {
  const message = `standard output: expected room to write, got ${cause.message}. Free some space, or write elsewhere.`;
  return new DmnnError('DMNN_OUTPUT', message, { cause });
}

/** Warnings of Node and of libraries as objects. */
function speakJson(io: CommandIo): void {
  const json = jsonIo(io);
  const say = (...values: unknown[]): void => {
    json.err(format(...values));
  };
  Object.assign(console, { log: say, info: say, debug: say, warn: say, error: say });
  process.removeAllListeners('warning'); // Node's own prints text
  process.on('warning', ({ name, message }) => {
    json.err(`${name}: ${message}`);
  });
}

/**
 * Writes only what a terminal shows as it is: names of files, classes and tensors come from elsewhere and may hold
 * characters that would move the cursor or change colours. Progress lines keep their end if they are too long, since
 * that is where the numbers are.
 */
export function safeIo(io: CommandIo): CommandIo {
  return {
    ...io,
    get columns() {
      return io.columns; // a terminal may change its width
    },
    out: (text) => {
      io.out(printableLines(text));
    },
    err: (text) => {
      io.err(printableLines(text));
    },
    redraw: (text) => {
      io.redraw(endOf(printable(text, Infinity), io.columns - 1));
    },
  };
}

function endOf(text: string, columns: number): string {
  return text.length <= columns ? text : `…${text.slice(text.length - Math.max(0, columns - 1))}`;
}

/**
 * Writes only JSON: results as they are, and everything else as one object `{"message": …}` a line, without progress that
 * is drawn over itself.
 */
export function jsonIo(io: CommandIo): CommandIo {
  return {
    ...io,
    isTerminal: false,
    err: (text) => {
      io.err(JSON.stringify({ message: text }));
    },
    redraw: () => undefined,
  };
}
