import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{ kind: 'accepted', value: unknown } | { kind: 'refused', passed: boolean, message: string }
 *   | { kind: 'failed', message: string }} Outcome
 */

/**
 * Reads mutations in processes of their own and hands every outcome on, in no order.
 *
 * @param {string} name the target
 * @param {number} seed
 * @param {Iterator<number>} indices
 * @param {{ processes: number, limitS: number }} options seconds that a mutation may take
 * @param {(index: number, outcome: Outcome) => void} done
 */
export async function readAll(name, seed, indices, { processes, limitS }, done) {
  await Promise.all(Array.from({ length: processes }, () => oneProcess()));

  async function oneProcess() {
    let reader = await Reader.start(name, seed);
    for (let next = indices.next(); !next.done; next = indices.next()) {
      let outcome = await reader.read(next.value, limitS);
      if ('ended' in outcome) {
        // a hang, or a machine that was too busy? Only a second one, in a new process, counts.
        reader = await Reader.start(name, seed);
        outcome = await reader.read(next.value, limitS);
        if ('ended' in outcome) {
          outcome = { kind: 'failed', message: outcome.ended };
          reader = await Reader.start(name, seed);
        }
      }
      done(next.value, outcome);
    }
    reader.end();
  }
}

/** The base files of a target, as its process has them. @param {string} name */
export async function basesOf(name) {
  const reader = await Reader.start(name, 0);
  reader.end();
  return reader.bases;
}

class Reader {
  #child;
  /** @type {{ name: string, refused: boolean }[]} */
  bases = [];
  #stderr = '';
  /** @type {(message: any) => void} */
  #answer = () => {};

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.#child = child;
    child.stderr?.on('data', (chunk) => (this.#stderr = (this.#stderr + chunk).slice(-4000)));
    child.on('message', (message) => this.#answer(message));
    child.on('exit', (code, signal) =>
      this.#answer({ ended: `the process ended: ${signal ?? `exit ${code}`}\n${this.#stderr}` }),
    );
  }

  /** @param {string} name @param {number} seed */
  static async start(name, seed) {
    const script = fileURLToPath(new URL('reading.mjs', import.meta.url));
    const child = fork(script, [name, String(seed)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--max-old-space-size=1024'],
    });
    const reader = new Reader(child);
    const message = await new Promise((answer) => (reader.#answer = answer));
    if (message.kind !== 'ready') throw new Error(`${name}: ${message.ended}`);
    reader.bases = message.bases;
    return reader;
  }

  /** @param {number} index @param {number} limitS @returns {Promise<Outcome | { ended: string }>} */
  async read(index, limitS) {
    const answered = new Promise((answer) => (this.#answer = answer));
    if (this.#child.connected) this.#child.send(index);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#child.kill('SIGKILL');
    }, 1000 * limitS);
    const message = await answered;
    clearTimeout(timer);
    return late ? { ended: `no answer after ${limitS} s` } : message;
  }

  end() {
    this.#answer = () => {};
    if (this.#child.connected) this.#child.disconnect();
  }
}
