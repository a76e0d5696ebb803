// Line coverage by package, held against what packages.json says each must reach. Reads coverage/coverage-summary.json.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packages } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const lines = {};
for (const [path, summary] of Object.entries(
  JSON.parse(readFileSync(`${root}coverage/coverage-summary.json`, 'utf8')),
)) {
  const name = /packages\/([^/]+)\//.exec(path)?.[1];
  if (!name) continue;
  lines[name] ??= { covered: 0, total: 0 };
  lines[name].covered += summary.lines.covered;
  lines[name].total += summary.lines.total;
}
let short = 0;
for (const { name, coverage: percent } of packages) {
  if (percent === undefined) continue;
  const { covered, total } = lines[name] ?? { covered: 0, total: 0 };
  const reached = total === 0 ? 0 : (100 * covered) / total;
  const ok = reached >= percent;
  if (!ok) short += 1;
  console.log(
    `${ok ? 'ok    ' : 'SHORT '} ${name.padEnd(14)} ${reached.toFixed(1)} % of lines, at least ${percent} %`,
  );
}
process.exit(short > 0 ? 1 : 0);
