// Results of one machine on one day: a file, into which later runs of that day are merged by name.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineSlug } from './machine.mjs';

/** Where results are kept. */
export const resultsDirectory = fileURLToPath(new URL('results', import.meta.url));

/**
 * One line of the table.
 *
 * @typedef {object} Result
 * @property {string} name
 * @property {number} ours - the minimum
 * @property {number | null} peer - the minimum; null where the peer was left out
 * @property {number | null} ratio - ours over the peer's
 * @property {string} unit
 */

/**
 * A line with a peer whose single times are kept, `[round][measurement]`.
 *
 * @typedef {Result & { peer: number, ratio: number, ratioOfMedians: number, samples: { ours: number[][], peer: number[][] }, note?: string }} TimedResult
 */

/**
 * What `--json` prints of results.
 *
 * @param {readonly Result[]} results
 */
export function publicFields(results) {
  return results.map(({ name, ours, peer, ratio, unit }) => ({ name, ours, peer, ratio, unit }));
}

/**
 * Puts new results among old ones: the new one stays of two with the same name, except that one without a peer does
 * not replace one that has it.
 *
 * @param {readonly Result[]} before
 * @param {readonly Result[]} added
 * @param {readonly string[]} order - names, as the table has them
 */
export function mergeResults(before, added, order) {
  const byName = new Map(before.map((result) => [result.name, result]));
  for (const result of added) {
    if (result.peer === null && (byName.get(result.name)?.peer ?? null) !== null) continue;
    byName.set(result.name, result);
  }
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...byName.values()].sort((a, b) => place(a.name) - place(b.name));
}

/** `2026-01-31-amd-epyc-2-cores-avx512.json` */
function resultsFileName(date, machine) {
  return `${date.toISOString().slice(0, 10)}-${machineSlug(machine)}.json`;
}

/**
 * Writes results, merged with those of the same machine and day.
 *
 * @param {{ directory: string, date: Date, machine: object, results: readonly Result[], order: readonly string[] }} options
 * @returns {string} the file
 */
export function saveResults({ directory, date, machine, results, order }) {
  const path = join(directory, resultsFileName(date, machine));
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).results : [];
  const content = {
    date: date.toISOString().slice(0, 10),
    machine,
    results: mergeResults(before, results, order),
  };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
  return path;
}

/** Names of results files, the newest first. */
function fileNames(directory) {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((file) => /^\d{4}-\d\d-\d\d-.*\.json$/.test(file));
  return names.sort().reverse();
}

/**
 * The newest line of each name, by machine: the machine that was measured last comes first. `date` names the days that
 * the lines are of.
 *
 * @param {string} directory
 * @param {readonly string[]} order - names, as the table has them
 */
export function newestResults(directory, order) {
  const machines = new Map();
  for (const name of fileNames(directory)) {
    const machine = name.slice('2026-01-31-'.length);
    const content = JSON.parse(readFileSync(join(directory, name), 'utf8'));
    machines.set(machine, [...(machines.get(machine) ?? []), content]);
  }
  return [...machines.values()].map((newestFirst) => {
    const results = newestFirst.reduceRight(
      (before, content) => mergeResults(before, content.results, order),
      /** @type {Result[]} */ ([]),
    );
    const kept = newestFirst.filter((content) => content.results.some((result) => results.includes(result)));
    const date = kept
      .map((content) => content.date)
      .reverse()
      .join(' and ');
    return { date, machine: newestFirst[0].machine, results };
  });
}

/**
 * A line of the newest file that has it with a peer.
 *
 * @param {string} directory
 * @param {string} name - of the line
 * @returns {{ file: string, date: string, result: TimedResult } | undefined}
 */
export function newestResult(directory, name) {
  for (const file of fileNames(directory)) {
    const { date, results } = JSON.parse(readFileSync(join(directory, file), 'utf8'));
    const result = results.find((one) => one.name === name && one.peer !== null);
    if (result) return { file, date, result };
  }
  return undefined;
}
