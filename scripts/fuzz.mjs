// Changed ("mutated") files for our readers: each must end, in under 5 s, in a typed error or in what an independent reader
// finds in the same bytes (plans of the engine: in what runs to its end). A crash, a hang, another kind of error, or a difference is a failure, printed with the command
// that repeats it. fuzz/README.md says how a target is written.
//   npm run fuzz -- TARGET… [--mutations N] [--seed S]
//   npm run fuzz -- --quick                             2,000 of every target, seed 1: what CI runs
//   npm run fuzz -- TARGET --seed S --only M [--save FILE]   one mutation again, and its bytes
// Options: --compare N (of the accepted ones, drawn by seed; default 5,000), --processes N (default 2).
// The independent readers are in Python: in what fuzz/make-venv.sh has made, or in the Python that DMNN_PYTHON names;
// without their packages nothing is compared, by name.
import { readdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fuzzed } from './fuzz/frame/campaign.mjs';
import { loadTarget } from './fuzz/frame/target.mjs';

const targets = readdirSync(new URL('fuzz', import.meta.url))
  .filter((name) => name.endsWith('.mjs'))
  .map((name) => name.slice(0, -'.mjs'.length))
  .sort();

/** @param {string} message @returns {never} */
function usage(message) {
  console.error(
    `${message}\nusage: npm run fuzz -- TARGET… [--mutations N] [--seed S] [--only M [--save FILE]], or --quick\n` +
      `targets: ${targets.join(', ')}`,
  );
  process.exit(2);
}

/** @returns {import('node:util').ParseArgsConfig['options'] extends infer T ? { values: any, positionals: string[] } : never} */
function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        mutations: { type: 'string', default: '2000' },
        seed: { type: 'string', default: '1' },
        only: { type: 'string' },
        save: { type: 'string' },
        compare: { type: 'string', default: '5000' },
        processes: { type: 'string', default: '2' },
        quick: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return usage(/** @type {Error} */ (error).message);
  }
}

const { values, positionals } = parsed();
/** @param {string} name @param {string} text @param {number} least */
function count(name, text, least) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    usage(`--${name}: expected an integer ≥ ${least}, got ${text}`);
  return value;
}
const unknown = positionals.find((name) => !targets.includes(name));
if (unknown !== undefined) usage(`unknown target ${unknown}`);
if (positionals.length === 0 && !values.quick) usage('expected a target');
if (values.only !== undefined && positionals.length !== 1) usage('--only: expected one target');

const options = {
  mutations: values.quick ? 2000 : count('mutations', values.mutations, 1),
  seed: values.quick ? 1 : count('seed', values.seed, 0),
  only: values.only === undefined ? undefined : count('only', values.only, 0),
  compare: count('compare', values.compare, 0),
  processes: count('processes', values.processes, 1),
  quick: values.quick,
};
let failures = 0;
for (const name of positionals.length > 0 ? positionals : targets) {
  if (values.save !== undefined && options.only !== undefined) {
    const { mutation } = await loadTarget(name);
    writeFileSync(values.save, mutation(options.seed, options.only).bytes);
  }
  failures += await fuzzed(name, options);
}
process.exit(failures > 0 ? 1 : 0);
