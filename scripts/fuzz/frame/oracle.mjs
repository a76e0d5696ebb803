import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Files in flight. */
const BATCH = 32;
/** Seconds for one answer; the independent reader may be slow, and may hang. */
const PATIENCE_S = 30;

/**
 * @typedef {{ value: unknown } | { refused: string } | { crashed: string }} Answer what the independent reader makes of a file
 */

/** The Python that `DMNN_PYTHON` names, else the one that make-venv.sh has made, else the machine's. */
function pythonOfOracles() {
  const made = fileURLToPath(new URL('../../../.tools/fuzz-venv/bin/python', import.meta.url));
  return process.env.DMNN_PYTHON ?? (existsSync(made) ? made : 'python3');
}

/** A Python process that reads files independently. */
export class Oracle {
  #file;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {AsyncIterator<string> | undefined} */
  #lines;

  /** @param {string} file */
  constructor(file) {
    this.#file = file;
  }

  /** Starts it. @returns {Promise<{ version: string } | { missing: string }>} */
  async start() {
    const python = pythonOfOracles();
    const serve = fileURLToPath(new URL('serve.py', import.meta.url));
    const child = spawn(python, [serve, this.#file], { stdio: ['pipe', 'pipe', 'pipe'] });
    let errors = '';
    child.on('error', (error) => (errors += error.message));
    child.stderr?.on('data', (chunk) => (errors = (errors + chunk).slice(-2000)));
    child.stdin?.on('error', () => {}); // it ended: the missing answer says so
    this.#child = child;
    this.#lines = createInterface({ input: /** @type {any} */ (child.stdout) })[Symbol.asyncIterator]();
    const { value, done } = await this.#lines.next();
    if (done) return { missing: `${python}: ${errors.trim().split('\n').at(-1) || 'did not start'}` };
    return JSON.parse(value);
  }

  /**
   * Reads files, a batch of them in flight.
   *
   * @template Key
   * @param {Iterable<[Key, Uint8Array]>} files
   * @param {(key: Key, answer: Answer) => void} done in their order
   */
  async readAll(files, done) {
    /** @type {[Key, Uint8Array][]} */
    let waiting = [];
    const iterator = files[Symbol.iterator]();
    for (;;) {
      while (waiting.length < BATCH) {
        const next = iterator.next();
        if (next.done) break;
        waiting.push(next.value);
        this.#send(next.value[1]);
      }
      if (waiting.length === 0) return;
      const [[key]] = waiting;
      const answer = await this.#answer();
      done(key, answer);
      waiting = waiting.slice(1);
      if ('crashed' in answer) {
        await this.start();
        for (const [, bytes] of waiting) this.#send(bytes);
      }
    }
  }

  end() {
    this.#child?.kill();
  }

  /** @param {Uint8Array} bytes */
  #send(bytes) {
    this.#child?.stdin?.write(`${Buffer.from(bytes).toString('base64')}\n`);
  }

  /** @returns {Promise<Answer>} */
  async #answer() {
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), 1000 * PATIENCE_S);
    const line = await this.#lines?.next();
    clearTimeout(timer);
    if (!line || line.done)
      return { crashed: `it ended without an answer, or took more than ${PATIENCE_S} s` };
    return JSON.parse(line.value);
  }
}
