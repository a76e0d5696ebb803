// Every row of the paper's tables through the commands: its dry run, one epoch of training, its report. ImageNet's rows
// train on the few images of PATH/WNID/*, for want of others as test images too; table 3 and the laptop scale on
// built-in images. What comes out says nothing of the networks, only that each row can be trained and reported.
//   node scripts/check-rows.mjs PATH [--scale paper|laptop] [--rows REGEX]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { paperRows, reproductionRecipe } from '../packages/trainer/dist/paper.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: 'paper' }, rows: { type: 'string', default: '' } },
});
const [images] = positionals;
const scale = /** @type {'paper' | 'laptop'} */ (values.scale);
if (!images) throw new Error('PATH: expected a folder of class folders with a few images, got nothing');
const bin = fileURLToPath(new URL('../packages/dmnn/bin/dmnn.js', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'dmnn-rows-'));
const imagenet = join(work, 'imagenet');
mkdirSync(imagenet);
for (const split of ['train', 'val']) symlinkSync(resolve(images), join(imagenet, split));

/** Few rounds: each has steps of its own. */
const pruning = ['batchSize=4', 'channelsPerRound=2000', 'stepsPerRound=1'].map((each) => `pruning.${each}`);

/** Runs a command. @returns what it complained of; nothing if it ended well */
function problemOf(...args) {
  const { status, stderr } = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' });
  return status === 0 ? undefined : `${args[0]} ended with ${status}:\n${stderr.trim()}`;
}

function checkRow(id) {
  const out = join(work, id);
  const recipe = reproductionRecipe(id, { scale });
  const isSmall = scale === 'laptop' || recipe.data !== 'imagenet';
  const data = ['--data', isSmall ? 'built-in=16' : `imagenet=${imagenet}`, '--workers', '1'];
  const settings = ['epochs=1', 'batchSize=4', 'learningRate.from=0.001', ...(recipe.pruning ? pruning : [])];
  const row = ['reproduce', id, '--scale', scale, ...data, '--out', out];
  row.push(...settings.flatMap((each) => ['--set', each]));
  if (recipe.pruning) row.push('--from', join(work, 'table1/03-resnet50/seed-1'));
  return (
    problemOf(...row, '--dry-run') ??
    problemOf(...row) ??
    problemOf('report', join(out, 'seed-1'), ...data, '--out', join(out, 'report'))
  );
}

let failed = 0;
try {
  // the pruned row begins with the network of another, which is trained before it
  for (const { id } of paperRows().filter(({ id }) => new RegExp(values.rows).test(id))) {
    const start = performance.now();
    const problem = checkRow(id);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`${id}: ${problem ?? 'dry run, training, report'} (${seconds} s)`);
    if (problem) failed++;
  }
} finally {
  rmSync(work, { recursive: true });
}
console.log(`${failed} rows failed`);
process.exitCode = failed === 0 ? 0 : 1;
