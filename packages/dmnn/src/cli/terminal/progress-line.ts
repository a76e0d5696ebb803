import { closeAfter, printable } from '@dmnn/foundation';
import type { CommandIo } from './command-io.js';
import { durationText } from '../../text/count-text.js';

/** Milliseconds between two updates of the terminal's line: frequent enough to look live, rare enough to cost nothing. */
const REDRAW_MS = 100;
/** Milliseconds between two lines in a log. */
const LINE_MS = 10_000;

/** A part of a progress line, and how long it stays where the terminal is too narrow for all: the smallest go first. */
export interface ProgressPart {
  readonly text: string;
  readonly importance: number;
  /** What stands before it, unless it is the first. @defaultValue two spaces */
  readonly separator?: string;
}

/** The progress of some work: one updated line in a terminal, occasional lines in a log. */
export class ProgressLine {
  readonly #io: CommandIo;
  #topic: string | undefined;
  #lastShown = -Infinity;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  /**
   * Shows how far the work is, if the last time is long enough ago.
   *
   * @param topic - what is being done; a new one is always shown
   * @param state - how far it is: a text after the topic, or parts that the terminal may be too narrow for
   */
  show(topic: string, state: string | readonly ProgressPart[] = ''): void {
    const now = this.#io.now();
    const isDue = now - this.#lastShown >= (this.#io.isTerminal ? REDRAW_MS : LINE_MS);
    if (!isDue && topic === this.#topic) return;
    this.#topic = topic;
    this.#lastShown = now;
    announce(this.#io, typeof state === 'string' ? topic + state : fitted(topic, state, this.#io));
  }

  /** Ends the line with a text that stays. */
  line(text: string): void {
    this.#io.redraw('');
    this.#io.err(printable(text, Infinity)); // one line, whatever names it has
  }

  /** Clears the line. */
  end(): void {
    this.#io.redraw('');
  }
}

/** Says what happens now: on the updated line of a terminal, or on a line in a log. */
export function announce(io: CommandIo, text: string): void {
  if (io.isTerminal) io.redraw(text);
  else io.err(printable(text, Infinity));
}

/** Milliseconds after which a log says what takes so long. */
const SILENCE_MS = 2000;

/**
 * Says what is being done, if it takes long, and for how long it has been going on: at once and every second in a terminal,
 * after two seconds and then twice a minute in a log. For work that waits for something; what computes without a
 * pause is to be announced.
 */
export async function phase<T>(io: CommandIo, text: string, work: () => T | Promise<T>): Promise<T> {
  const start = io.now();
  const say = (): void => {
    const ms = io.now() - start;
    announce(io, ms < 1000 ? text : `${text}: ${durationText(ms)}`);
  };
  if (io.isTerminal) say();
  const first = setTimeout(say, SILENCE_MS);
  const others = setInterval(say, io.isTerminal ? 1000 : 30_000);
  return closeAfter(work, () => {
    clearTimeout(first);
    clearInterval(others);
    io.redraw('');
  });
}

/** The topic and as many parts as fit into the terminal, in their order; all of them in a log. */
function fitted(
  topic: string,
  parts: readonly ProgressPart[],
  { isTerminal, columns }: Pick<CommandIo, 'isTerminal' | 'columns'>,
): string {
  let kept = parts;
  const line = (): string =>
    kept.reduce((begun, { text, separator = '  ' }, i) => begun + (i > 0 ? separator : '') + text, topic);
  while (isTerminal && line().length > columns - 1 && kept.length > 1) {
    const least = Math.min(...kept.map(({ importance }) => importance));
    kept = kept.filter(({ importance }) => importance !== least);
  }
  return line();
}
