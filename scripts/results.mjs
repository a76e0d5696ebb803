// Writes what docs/results says from the logs next to it and the results of `npm run bench`: the tables of its pages, between
// their marks, and claims.json.
//   node scripts/results.mjs            writes them
//   node scripts/results.mjs --check    fails if a page or a claim says something else than the logs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { resultsDirectory } from '../benchmarks/results-file.mjs';
import { timeClaims, timesText } from './results/cascade-time.mjs';
import { claimsPage, computedClaims } from './results/claims.mjs';
import { demoClaims, demoLogs, demoTable } from './results/demo.mjs';
import { ablationTable, choosingTable, claimsTable, costTable, ratesTable } from './results/tables.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const claimsFile = 'docs/results/claims.json';
const demo = demoLogs();
const times = timeClaims(resultsDirectory);
const claims = [...computedClaims(), ...times.map(({ claim }) => claim), ...demoClaims(demo)];

/** Tables by the names of their marks, by page. @type {Record<string, Record<string, () => string>>} */
const pages = {
  'docs/results/cifar100.md': {
    cost: () => costTable('resnet14'),
    claims: () => claimsTable('resnet14', { withMissing: true }),
    rates: () => ratesTable('resnet14'),
    ablation: () => ablationTable('resnet14'),
    'resnet20-cost': () => costTable('resnet20'),
    'resnet20-claims': () => claimsTable('resnet20', { withMissing: false }),
    'resnet20-rates': () => ratesTable('resnet20'),
    'resnet20-choosing': () => choosingTable('resnet20', '5 epochs, 45 000 training images'),
    choosing: () => choosingTable('resnet14', '10 epochs, 25 000 training images of 45 000'),
  },
  'docs/results/confidence.md': {
    claims: () => claimsPage(claims),
    times: () => timesText(times),
    demo: () => demoTable(demo),
  },
};

/** @param {string} path @param {string} text */
async function formatted(path, text) {
  const file = `${root}${path}`;
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
}

/** @type {Map<string, string>} */
const written = new Map();
for (const [page, tables] of Object.entries(pages)) {
  let text = readFileSync(`${root}${page}`, 'utf8');
  for (const [name, table] of Object.entries(tables)) {
    const marks = new RegExp(`(<!-- ${name}: by scripts/results.mjs -->\n)[^]*?(<!-- /${name} -->)`);
    if (!marks.test(text)) throw new Error(`${page}: expected the marks of the table ${name}`);
    text = text.replace(marks, (_, begin, end) => `${begin}\n${table()}\n\n${end}`);
  }
  written.set(page, await formatted(page, text));
}
written.set(claimsFile, await formatted(claimsFile, JSON.stringify(claims)));

if (process.argv.includes('--check')) {
  const wrong = [...written].filter(([path, text]) => contentOf(path) !== text).map(([path]) => path);
  for (const path of wrong) console.error(`${path} is not what its logs say. Run: node scripts/results.mjs`);
  if (wrong.length > 0) process.exit(1);
} else for (const [path, text] of written) writeFileSync(`${root}${path}`, text);

/** @param {string} path */
function contentOf(path) {
  try {
    return readFileSync(`${root}${path}`, 'utf8');
  } catch {
    return undefined; // not written yet
  }
}
