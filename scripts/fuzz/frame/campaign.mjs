import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Oracle } from './oracle.mjs';
import { Random } from './random.mjs';
import { basesOf, readAll } from './readers.mjs';
import { loadTarget } from './target.mjs';

/** Failures that are printed; the others are counted. */
const PRINTED = 20;
/** The share of mutations that must get past the header, or the fuzzing tests little. */
const LEAST_PAST_HEADER = 0.1;

/**
 * @typedef {object} Options
 * @property {number} mutations
 * @property {number} seed
 * @property {number} [only] this mutation and no other
 * @property {number} compare accepted ones that are compared, at most
 * @property {number} processes
 * @property {boolean} [quick] what CI runs: nothing that takes minutes is prepared
 * @property {number} [limitS] seconds that a mutation may take, in two tries. Default 5
 */

/**
 * Fuzzes one target, and prints failures and the closing line.
 *
 * @param {string} name
 * @param {Options} options
 * @returns {Promise<number>} failures
 */
export async function fuzzed(name, { mutations, seed, only, compare, processes, quick = false, limitS = 5 }) {
  const { target, mutation, bases } = await loadTarget(name);
  const prepared = await target.prepare?.({ quick });
  if (prepared?.missing !== undefined) {
    console.log(`fuzz ${name}: skipped: ${prepared.missing}`);
    return 0;
  }
  const began = performance.now();
  const reader = independent(target.oracle);
  let failures = 0;
  const failed = (/** @type {number} */ index, /** @type {string} */ message) => {
    failures++;
    if (failures > PRINTED) return;
    const what =
      index < 0
        ? `base file ${bases[-1 - index].name}`
        : `mutation ${index} of seed ${seed} (${mutation(seed, index).from})`;
    const again = index < 0 ? '' : `\n  again: npm run fuzz -- ${name} --seed ${seed} --only ${index}`;
    console.log(`FAILED ${name}, ${what}: ${message}${again}`);
  };

  const counts = { refused: 0, accepted: 0, past: 0 };
  const drawn = new Drawn(seed, compare);
  const drawnRefused = new Drawn(seed, compare);
  const known = await basesOf(name);
  await readAll(name, seed, indices(), { processes, limitS }, (index, outcome) => {
    if (only !== undefined) console.log(`${name}, mutation ${index}:`, outcome);
    if (outcome.kind === 'failed') return failed(index, outcome.message);
    if (index < 0) {
      const { refused } = known[-1 - index];
      if (refused !== (outcome.kind === 'refused'))
        failed(index, outcome.kind === 'refused' ? outcome.message : 'was to be refused, was accepted');
    } else {
      counts[outcome.kind]++;
      if (outcome.kind === 'accepted' || outcome.passed) counts.past++;
    }
    if (outcome.kind === 'accepted') drawn.add(index, outcome.value);
    else if (target.stricter) drawnRefused.add(index, outcome.message);
  });

  const compared = await compareAll();
  const all = counts.refused + counts.accepted;
  const share = all === 0 ? 0 : counts.past / all;
  if (only === undefined && share < LEAST_PAST_HEADER) {
    failures++;
    console.log(
      `FAILED ${name}: ${percent(share)} past the header, expected at least ${percent(LEAST_PAST_HEADER)}`,
    );
  }
  if (failures > PRINTED) console.log(`… and ${failures - PRINTED} further failures`);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const remark = prepared === undefined ? '' : `, ${prepared.remark}`;
  console.log(
    `fuzz ${name}: seed ${seed}, ${mutations} mutations of ${bases.length} base files in ${seconds} s: ` +
      `${counts.refused} refused, ${counts.accepted} accepted, ${percent(share)} past the header${remark}${compared}; ` +
      (failures === 0 ? 'no failures' : `${failures} FAILED`),
  );
  return failures;

  function* indices() {
    if (only !== undefined) return yield only;
    for (let base = 0; base < bases.length; base++) yield -1 - base;
    for (let index = 0; index < mutations; index++) yield index;
  }

  async function compareAll() {
    if (reader === undefined) return '';
    const { oracle, name: other } = reader;
    const started = await reader.starting;
    if ('missing' in started) {
      oracle.end();
      return `; comparison with ${other} skipped: ${started.missing}`;
    }
    const values = drawn.values();
    let crashes = 0;
    const differs = target.differs ?? exactly;
    await oracle.readAll(files(values.keys()), (index, answer) => {
      if (only !== undefined) console.log(`${other}:`, answer);
      if ('crashed' in answer) crashes++;
      else if ('refused' in answer) failed(index, `read, but ${other} refuses it: ${answer.refused}`);
      else {
        const difference = differs(values.get(index), answer.value);
        if (difference !== undefined) failed(index, `differs from ${other}: ${difference}`);
      }
    });
    const stricter = await compareRefused(reader);
    oracle.end();
    const crashed = crashes === 0 ? '' : `, which crashed on ${crashes} of them`;
    return `; ${values.size} of the accepted compared with ${other} ${started.version}${crashed}${stricter}`;
  }

  /** Whether what is refused is refused by the independent reader too, or by a rule that the target names. */
  /** @param {NonNullable<typeof reader>} reader */
  async function compareRefused({ oracle, name: other }) {
    if (!target.stricter) return '';
    const messages = drawnRefused.values();
    /** @type {Map<string, number>} */
    const kinds = new Map(target.stricter.map(({ name }) => [name, 0]));
    let read = 0;
    await oracle.readAll(files(messages.keys()), (index, answer) => {
      if (!('value' in answer)) return;
      const message = String(messages.get(index));
      const kind = target.stricter?.find((each) => each.message.test(message))?.name;
      if (kind === undefined) return failed(index, `refused, but ${other} reads it: ${message}`);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      read++;
    });
    const each = [...kinds].map(([name, count]) => `${name} ${count}`).join(', ');
    return `, and ${messages.size} of the refused: it reads ${read} of them, which are refused on purpose (${each})`;
  }

  /** @param {Iterable<number>} indices */
  function* files(indices) {
    for (const index of indices)
      yield /** @type {[number, Uint8Array]} */ ([
        index,
        index < 0 ? bases[-1 - index].bytes : mutation(seed, index).bytes,
      ]);
  }
}

/** The independent reader of a target, as it starts. @param {import('./target.mjs').Target['oracle']} described */
function independent(described) {
  if (described === undefined) return undefined;
  const oracle = new Oracle(fileURLToPath(new URL(`../${described.file}`, import.meta.url)));
  return { oracle, name: described.name, starting: oracle.start() };
}

/** The first difference of two values of JSON. @param {any} ours @param {any} theirs @returns {string | undefined} */
function exactly(ours, theirs, path = 'value') {
  if (isDeepStrictEqual(ours, theirs)) return undefined;
  const [keys, others] = [ours, theirs].map((value) =>
    typeof value === 'object' && value !== null ? Object.keys(value) : [],
  );
  if (keys.length > 0 && isDeepStrictEqual(keys, others)) {
    const key = keys.find((each) => !isDeepStrictEqual(ours[each], theirs[each])) ?? '';
    return exactly(ours[key], theirs[key], `${path}.${key}`);
  }
  return `${path}: ${short(ours)} instead of ${short(theirs)}`;
}

/** @param {unknown} value */
function short(value) {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** Keeps the values of `most` mutations, drawn by the seed, whatever the order they come in. All base files. */
class Drawn {
  #seed;
  #most;
  /** @type {{ index: number, order: number, value: unknown }[]} */
  #kept = [];

  /** @param {number} seed @param {number} most */
  constructor(seed, most) {
    this.#seed = seed;
    this.#most = most;
  }

  /** @param {number} index @param {unknown} value */
  add(index, value) {
    const order = index < 0 ? -1 : new Random(this.#seed ^ 0x5eed, index).word();
    this.#kept.push({ index, order, value });
    if (this.#kept.length >= 2 * this.#most + 100) this.#cut();
  }

  /** @returns {Map<number, unknown>} by index */
  values() {
    this.#cut();
    return new Map(this.#kept.sort((a, b) => a.index - b.index).map(({ index, value }) => [index, value]));
  }

  #cut() {
    this.#kept.sort((a, b) => a.order - b.order || a.index - b.index);
    this.#kept.length = Math.min(this.#kept.length, this.#most);
  }
}
