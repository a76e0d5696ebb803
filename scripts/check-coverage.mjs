// Line coverage by package, held against what each must reach. Reads coverage/coverage-summary.json.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const least = {
  architecture: 95,
  backbones: 95,
  categories: 95,
  data: 95,
  flops: 95,
  foundation: 95,
  gating: 95,
  import: 95,
  losses: 95,
  network: 95,
  onnx: 95,
  report: 95,
  runs: 85,
  subdivide: 95,
  trainer: 85,
  dmnn: 75,
  weights: 95,
  runtime: 50, // half of it is the native backend, which most machines do not have
};

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
for (const [name, percent] of Object.entries(least)) {
  const { covered, total } = lines[name] ?? { covered: 0, total: 0 };
  const reached = total === 0 ? 0 : (100 * covered) / total;
  const ok = reached >= percent;
  if (!ok) short += 1;
  console.log(
    `${ok ? 'ok    ' : 'SHORT '} ${name.padEnd(14)} ${reached.toFixed(1)} % of lines, at least ${percent} %`,
  );
}
process.exit(short > 0 ? 1 : 0);
