// One side of a comparison: a process that sets up, says so, and then does what a line on its stdin asks.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CLOCK_TICKS } from './machine.mjs';

/** A side that ended or failed; the message has the last lines that it wrote. */
export class SideError extends Error {
  /** @override */
  name = 'SideError';
}

/** A side that this processor cannot run; the message says why. */
export class SkippedError extends Error {
  /** @override */
  name = 'SkippedError';
}

/** A running side. {@link SideProcess.start} makes one; whoever made it stops it. */
export class SideProcess {
  #child;
  #lines;
  #name;
  #errors = '';
  #ended;
  /** What it said of itself when it was ready: versions, threads. */
  facts = {};

  constructor(name, child) {
    this.#name = name;
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on('data', (chunk) => (this.#errors = `${this.#errors}${chunk}`.slice(-8000)));
    child.stdin.on('error', () => {}); // it has ended: the answer that does not come says so
    /** @type {Promise<void>} */
    this.#ended = new Promise((/** @type {(ended: void) => void} */ resolve) => {
      child.on('error', (error) => {
        this.#errors += error.message;
        resolve();
      });
      child.on('close', () => resolve());
    });
  }

  /**
   * Starts a side and waits until it is warm.
   *
   * @param {{ name: string, command: string, args: string[], env?: Record<string, string>, settings: object }} options
   * @throws SideError if it does not get there, SkippedError if the processor lacks what it needs
   */
  static async start({ name, command, args, env = {}, settings }) {
    const child = spawn(command, [...args, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const side = new SideProcess(name, child);
    side.facts = await side.#answer();
    if (!('skipped' in side.facts)) return side;
    await side.stop();
    throw new SkippedError(String(side.facts.skipped));
  }

  /** Asks for so many measurements. @throws SideError */
  async measure(count) {
    this.#child.stdin.write(`go ${count}\n`);
    return this.#answer();
  }

  /** Seconds of processor time that it has used; null where that cannot be known. */
  cpuSeconds() {
    try {
      // the program's name, in parentheses, may hold spaces
      const [, fields = []] = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
        .split(/\) (?!.*\) )/)
        .map((part) => part.split(' '));
      return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
    } catch {
      return null;
    }
  }

  /** Ends it. Does nothing if it has ended. */
  async stop() {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(timer);
  }

  /** The next line that is an answer; a library's greeting is none. */
  async #answer() {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) break;
      if (value.startsWith('{')) return JSON.parse(value);
    }
    await this.#ended;
    throw new SideError(
      `${this.#name} ended early:\n${this.#errors.trim().split('\n').slice(-12).join('\n')}`,
    );
  }
}
