// Injects faults and checks what is promised in each: that nothing is lost, nothing hangs, and every error says what to do.
// Each fault gets a fresh folder and a copy of a small finished run, made once; it goes through the built command line, as
// a user would, or through a package where the command line does not reach.
//   npm run faults                        all of them; an hour or so on two cores
//   npm run faults -- --quick             a fixed sample of all kinds, within 5 minutes: what CI runs
//   npm run faults -- --only PATTERN      those whose "kind: name" matches the regular expression
//   npm run faults -- --list              their names
// Options: --processes N (default 2), --keep (folders of faults that were not survived stay, and are named).
// A fault that this machine cannot inject is printed with the reason and counts in neither number.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBases } from './faults/frame/bases.mjs';
import { injected } from './faults/frame/injected.mjs';

/** @param {string} message @returns {never} */
function usage(message) {
  console.error(
    `${message}\nusage: npm run faults -- [--quick] [--only PATTERN] [--list] [--processes N] [--keep]`,
  );
  process.exit(2);
}

function parsed() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        list: { type: 'boolean', default: false },
        processes: { type: 'string', default: '2' },
        keep: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return usage(/** @type {Error} */ (error).message);
  }
}

const values = parsed();
const processes = Number(values.processes);
if (!Number.isInteger(processes) || processes < 1)
  usage(`--processes: expected an integer ≥ 1, got ${values.processes}`);
const pattern = new RegExp(values.only);

/** @type {import('./faults/frame/injected.mjs').NamedFault[]} */
const all = [];
const files = readdirSync(new URL('faults', import.meta.url)).filter((name) => name.endsWith('.mjs'));
for (const file of files.sort()) {
  const kind = file.slice(0, -'.mjs'.length);
  const { default: faults } = await import(new URL(`faults/${file}`, import.meta.url).href);
  for (const fault of faults) all.push({ ...fault, kind });
}
const names = all.map(({ kind, name }) => `${kind}: ${name}`);
const twice = names.find((name, at) => names.indexOf(name) !== at);
if (twice !== undefined) throw new Error(`two faults are called ${twice}`);

const chosen = all.filter(
  ({ kind, name, quick }) => pattern.test(`${kind}: ${name}`) && (quick || !values.quick),
);
if (chosen.length === 0) usage(`--only: expected a pattern that a fault matches, got ${values.only}`);
if (values.list) {
  for (const { kind, name } of chosen) console.log(`${kind}: ${name}`);
  process.exit(0);
}

const work = mkdtempSync(join(tmpdir(), 'dmnn-faults-'));
const began = performance.now();
const bases = await makeBases(join(work, 'bases'));
const counts = await injected(chosen, { work, bases, processes, quick: values.quick, keep: values.keep });
if (!values.keep || counts.failed === 0) rmSync(work, { recursive: true, force: true });
const seconds = ((performance.now() - began) / 1000).toFixed(0);
if (counts.skipped > 0) console.log(`${counts.skipped} could not be injected here`);
console.log(`${seconds} s`);
console.log(`${counts.survived} of ${counts.survived + counts.failed} survived`);
process.exit(counts.failed > 0 ? 1 : 0);
