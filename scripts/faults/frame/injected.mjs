import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Place, Skipped } from './place.mjs';

/**
 * A fault: a fresh place gets it injected, and what was promised is checked there.
 *
 * @typedef {object} Fault
 * @property {string} name
 * @property {boolean} [quick] whether it is in the sample for CI
 * @property {(place: Place) => Promise<string | void>} run throws what is not as promised; returns what is worth printing
 * @typedef {Fault & { kind: string }} NamedFault
 */

/**
 * Injects faults, a few at a time, and prints a line each in their order.
 *
 * @param {readonly NamedFault[]} faults
 * @param {{ work: string, bases: import('./bases.mjs').Bases, processes: number, quick: boolean, keep: boolean }} options
 */
export async function injected(faults, { work, bases, processes, quick, keep }) {
  const counts = { survived: 0, failed: 0, skipped: 0 };
  /** @type {(string | undefined)[]} */
  const lines = faults.map(() => undefined);
  let printed = 0;
  let next = 0;

  /** @param {number} index @param {string} line */
  const finish = (index, line) => {
    lines[index] = line;
    for (; lines[printed] !== undefined; printed++) console.log(lines[printed]);
  };

  /** @param {number} index */
  const inject = async (index) => {
    const { kind, name, run } = faults[index];
    const folder = join(work, String(index));
    mkdirSync(folder);
    const place = new Place(folder, bases, quick);
    const began = performance.now();
    const line = (/** @type {string} */ verdict, /** @type {string} */ more) =>
      `${verdict}  ${kind}: ${name}${more} (${((performance.now() - began) / 1000).toFixed(1)} s)`;
    let failed = false;
    try {
      const detail = await run(place);
      counts.survived++;
      finish(index, line('survived', detail ? `: ${detail}` : ''));
    } catch (error) {
      if (error instanceof Skipped) {
        counts.skipped++;
        finish(index, line('skipped ', `: ${error.message}`));
      } else {
        failed = true;
        counts.failed++;
        const message = error instanceof Error ? error.message : String(error);
        const where = keep ? `\n  in ${folder}` : '';
        finish(index, `${line('FAILED  ', '')}\n  ${message.replace(/\n/g, '\n  ')}${where}`);
      }
    }
    await place.leave();
    if (!failed || !keep) rmSync(folder, { recursive: true, force: true });
  };

  const worker = async () => {
    while (next < faults.length) await inject(next++);
  };
  await Promise.all(Array.from({ length: processes }, worker));
  return counts;
}
