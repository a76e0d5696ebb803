import { printable } from '@dmnn/foundation';
import type { CommandIo } from './command-io.js';

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
      io.out(safeText(text));
    },
    err: (text) => {
      io.err(safeText(text));
    },
    redraw: (text) => {
      io.redraw(endOf(printable(text, Infinity), io.columns - 1));
    },
  };
}

/** Each line of a text by {@link printable}; tabs stay. */
function safeText(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((part) => (part === '\n' || part === '\t' ? part : printable(part, Infinity)))
    .join('');
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
