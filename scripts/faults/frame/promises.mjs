// What is promised, as checks that throw a sentence.
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runSummary } from '../../killed-training.mjs';
import { trainArgs } from './bases.mjs';
/** @typedef {import('./command.mjs').Ended} Ended */
/** @typedef {import('./place.mjs').Place} Place */

/** A line of a stack trace. */
const STACK = /^\s+at (?:.+ \()?(?:file:|node:|\/|[A-Z]:\\).*:\d+:\d+\)?$/m;
/** A message that is a system call's own text and nothing else, such as "ENOENT: no such file or directory, open 'x'". */
const SYSTEM_CALL = /^(?:dmnn: |\S*Error: )?E[A-Z0-9]{2,}: .*|Error: E[A-Z0-9]{2,}: .*/m;
/** An error of the disk in a sentence: what was expected where, what came, and what to do. */
export const EXPLAINED = /expected .+, got .+[.:] [A-Z]|[^:]+: .+\. [A-Z]\w+ .+/s;
/** What a terminal would obey. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** @param {boolean} kept @param {string} message */
export function promise(kept, message) {
  if (!kept) throw new Error(message);
}

/** The end of a command in words. @param {Ended} ended */
export function endOf({ code, signal, out, err, hung }) {
  const how = hung
    ? 'was still running and was killed'
    : signal
      ? `was ended by ${signal}`
      : `ended with ${code}`;
  const text = (/** @type {string} */ words) => words.trim().split('\n').slice(-12).join('\n');
  return `it ${how}\n${text(out)}\n${text(err)}`.trim();
}

/** Nothing that a user cannot use: no stack, no text of a system call, nothing that moves the cursor. @param {Ended} ended */
export function promiseReadable(ended) {
  const text = `${ended.out}\n${ended.err}`;
  const found = STACK.exec(text) ?? /dmnn: unexpected|Unhandled|UnhandledPromise/.exec(text);
  promise(!found, `expected no stack: ${endOf(ended)}`);
  const raw = SYSTEM_CALL.exec(text);
  promise(!raw, `expected a sentence instead of "${raw?.[0]}": ${endOf(ended)}`);
  const control = CONTROL.exec(text);
  promise(!control, `expected printable text, got ${JSON.stringify(control?.[0])}: ${endOf(ended)}`);
}

/**
 * An error with an exit code and words that help.
 *
 * @param {Ended} ended
 * @param {{ code?: number, says?: readonly RegExp[], seconds?: number }} [expected]
 */
export function promiseRefused(ended, { code = 1, says = [], seconds = 60 } = {}) {
  promise(ended.code === code && !ended.hung, `expected exit code ${code}: ${endOf(ended)}`);
  promiseReadable(ended);
  for (const words of says)
    promise(words.test(ended.err), `expected ${words} in the message: ${endOf(ended)}`);
  promise(ended.err.trim() !== '', 'expected a message, got none');
  promise(ended.seconds < seconds, `expected it within ${seconds} s, took ${ended.seconds.toFixed(1)} s`);
}

/** @param {Ended} ended @param {readonly RegExp[]} [says] on either stream */
export function promiseDone(ended, says = []) {
  promise(ended.code === 0 && !ended.hung, `expected exit code 0: ${endOf(ended)}`);
  promiseReadable(ended);
  for (const words of says)
    promise(words.test(ended.out + ended.err), `expected ${words} in its output: ${endOf(ended)}`);
}

/** Done, or an error that helps: never anything else. @param {Ended} ended @returns whether it was done */
export function promiseDoneOrRefused(ended) {
  if (ended.code === 0) promiseDone(ended);
  else promiseRefused(ended, { code: ended.code === 2 ? 2 : 1 });
  return ended.code === 0;
}

/** Nobody is locked out, and nothing is left over. @param {string} run */
export function promiseNoLitter(run) {
  const left = readdirSync(run, { recursive: true })
    .map(String)
    .filter((name) => /(^|\/)(lock|\.probe)|partial|replaced|\.tmp|\.new$/.test(name));
  promise(left.length === 0, `expected nothing left over, got ${left.join(', ')}`);
}

/** An intact checkpoint, as far as its manifest can say without its sums. @param {string} run */
export function checkpointsOf(run) {
  const folder = join(run, 'checkpoints');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('step-')) : [];
}

/**
 * The run resumes, and ends with the bits of one that nothing happened to.
 *
 * @param {Place} place
 * @param {string} run
 * @param {{ log?: boolean, best?: boolean, args?: string[] }} [options] whether log and best network are compared, too
 */
export async function promiseResumes(place, run, { log = true, best = true, args = trainArgs(run) } = {}) {
  const ended = await place.dmnn([...args, '--resume']);
  promiseDone(ended);
  promiseSame(place, run, { log, best });
  promiseNoLitter(run);
  return ended;
}

/** @param {Place} place @param {string} run @param {{ log?: boolean, best?: boolean }} [options] */
export function promiseSame({ bases: { summary } }, run, { log = true, best = true } = {}) {
  const got = runSummary(run);
  const keys = /** @type {const} */ (['last', 'weights', 'optimiser', 'best', 'log']);
  const compared = keys.filter((key) => (key !== 'log' || log) && (key !== 'best' || best));
  for (const key of compared)
    promise(
      got[key] === summary[key],
      `expected ${key} as of the undisturbed run: ${summary[key].slice(0, 200)}, got ${got[key].slice(0, 200)}`,
    );
}

/** The bytes of everything in a folder, to see that nothing was touched. @param {string} folder */
export function contents(folder) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of readdirSync(folder, { recursive: true }).map(String).sort()) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    found[name] = stat.isFile()
      ? readFileSync(path).toString('base64')
      : stat.isDirectory()
        ? 'folder'
        : 'other';
  }
  return found;
}

/** @param {string} folder @param {Record<string, string>} before of {@link contents} */
export function promiseUntouched(folder, before) {
  const now = contents(folder);
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)]))
    promise(
      before[name] === now[name],
      `expected ${name} as it was, got it ${now[name] === undefined ? 'removed' : before[name] === undefined ? 'new' : 'changed'}`,
    );
}
