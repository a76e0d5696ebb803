// Writes the tables of docs/results/cifar100.md, between their marks, from study.json and the logs next to it.
//   node scripts/results.mjs            writes them
//   node scripts/results.mjs --check    fails if the page says something else than the logs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { ablationTable, choosingTable, claimsTable, costTable, ratesTable } from './results/tables.mjs';

const page = fileURLToPath(new URL('../docs/results/cifar100.md', import.meta.url));

/** By the names of their marks. */
const tables = {
  cost: () => costTable('resnet14'),
  claims: () => claimsTable('resnet14', { withMissing: true }),
  rates: () => ratesTable('resnet14'),
  ablation: () => ablationTable('resnet14'),
  'resnet20-cost': () => costTable('resnet20'),
  'resnet20-claims': () => claimsTable('resnet20', { withMissing: false }),
  'resnet20-rates': () => ratesTable('resnet20'),
  'resnet20-choosing': () => choosingTable('resnet20', '5 epochs, 45 000 training images'),
  choosing: () => choosingTable('resnet14', '10 epochs, 25 000 training images of 45 000'),
};

const before = readFileSync(page, 'utf8');
let text = before;
for (const [name, table] of Object.entries(tables)) {
  const marks = new RegExp(`(<!-- ${name}: by scripts/results.mjs -->\n)[^]*?(<!-- /${name} -->)`);
  if (!marks.test(text)) throw new Error(`${page}: expected the marks of the table ${name}`);
  text = text.replace(marks, (_, begin, end) => `${begin}\n${table()}\n\n${end}`);
}
text = await prettier.format(text, { ...(await prettier.resolveConfig(page)), filepath: page });
if (process.argv.includes('--check')) {
  if (text !== before) {
    console.error('docs/results/cifar100.md is not what its logs say. Run: node scripts/results.mjs');
    process.exit(1);
  }
} else writeFileSync(page, text);
