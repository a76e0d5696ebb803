// Do the fast kernels train the same network? Runs with them, and with tfjs-node as it is, on real images:
//
//   node benchmarks/fidelity.mjs --data cifar100=PATH [--steps 200] [--batch 32] [--plot docs/benchmarks/fidelity.svg]
//
// First five steps on small batches at a small rate, where gradients and losses must agree to rounding. Then the recipe's own batches
// over many steps, where rounding alone drives two runs apart (of millions of activations some lie so close to 0 that
// the last digit decides whether they pass): the measures there are tfjs-node on another number of threads, and from
// another seed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { curvesAsSvg, curvesReport, exactnessReport } from './fidelity-report.mjs';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: 'built-in' },
    recipe: { type: 'string', default: 'dmnn-cifar-resnet20-n2' },
    steps: { type: 'string', default: '200' },
    batch: { type: 'string' },
    'small-batch': { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    plot: { type: 'string' },
  },
});
const { data, recipe } = options;
const seed = Number(options.seed);
const threads = availableParallelism();
const program = fileURLToPath(new URL('sides/fidelity.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dmnn-fidelity-'));

function run(settings) {
  const output = join(folder, 'run.json');
  const all = { threads, seed, data, recipe, output, ...settings };
  console.error(
    `${all.kernels === 'ours' ? 'our kernels' : 'tfjs-node'}, seed ${all.seed}, ${all.threads} threads: ${all.steps} steps`,
  );
  execFileSync(process.execPath, ['--no-deprecation', program, JSON.stringify(all)], { stdio: 'inherit' });
  return JSON.parse(readFileSync(output, 'utf8'));
}

try {
  const small = { batch: Number(options['small-batch']), rate: 1e-4, steps: 5 };
  // one activation that rounding puts on the other side of 0 is a thousandth of a gradient: it is not on the other side
  // for every image that differs in its last digit
  const jittered = (kernels) => [0, 1e-7, -1e-7, 2e-7].map((jitter) => run({ kernels, jitter, ...small }));
  const exactness = exactnessReport(jittered('ours'), jittered('stock'));
  const steps = Number(options.steps);
  const batch = options.batch === undefined ? undefined : Number(options.batch);
  const long = { steps, batch };
  const runs = {
    ours: run({ kernels: 'ours', ...long }),
    stock: run({ kernels: 'stock', ...long }),
    otherThreads: run({ kernels: 'stock', ...long, threads: threads > 1 ? 1 : 2 }),
    otherSeed: run({ kernels: 'stock', ...long, seed: seed + 1 }),
  };
  const curves = curvesReport(runs);
  const name = data.split('=')[0];
  console.log(JSON.stringify({ recipe, data: name, seed, exactness, steps, batch, curves }, undefined, 2));
  if (options.plot) {
    writeFileSync(
      options.plot,
      curvesAsSvg(`${recipe}, ${steps} steps${batch ? ` of ${batch} images` : ''} on ${name}`, [
        { name: 'tfjs-node, another seed', values: runs.otherSeed.losses },
        { name: 'tfjs-node', values: runs.stock.losses },
        { name: 'our kernels', values: runs.ours.losses },
      ]),
    );
  }
  if (!exactness.passed || !curves.passed) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
