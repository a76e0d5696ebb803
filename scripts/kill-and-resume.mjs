// Trains the same small run twice, once undisturbed and once killed (SIGKILL) at random moments and resumed each time,
// and compares weights byte by byte and logs line by line, clock fields aside.
//   node scripts/kill-and-resume.mjs [KILLS] [BACKEND]
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fingerprint, startTraining } from './killed-training.mjs';

const kills = Number(process.argv[2] ?? 20);
const backend = process.argv[3] ?? 'wasm';
const work = mkdtempSync(join(tmpdir(), 'dmnn-kill-'));
const settings = [
  'epochs=1',
  'batchSize=16',
  'checkpoints.everySteps=10',
  'model.name=dmnn-cifar-resnet8-0.25-n2',
];

/** Trains until it ends, or is killed. */
async function train(folder, killAfterSeconds) {
  const began = Date.now();
  const args = [
    '--recipe',
    'demo-dynamic',
    '--data',
    'built-in',
    '--out',
    folder,
    '--backend',
    backend,
    '--resume',
  ];
  const { kill, ended } = startTraining(args, settings);
  const timer = killAfterSeconds === undefined ? undefined : setTimeout(kill, 1000 * killAfterSeconds);
  const finished = await ended;
  clearTimeout(timer);
  return { finished, seconds: (Date.now() - began) / 1000 };
}

const undisturbed = join(work, 'undisturbed');
const { seconds } = await train(undisturbed);
const disturbed = join(work, 'disturbed');
let killed = 0;
let state = 20261122; // a fixed seed: the moments can be repeated, as far as clocks can
const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
for (;;) {
  // from before the first step to a little beyond the run's share of one kill
  const latest = 2 + (1.2 * seconds) / kills;
  const { finished } = await train(disturbed, killed < kills ? 0.3 + uniform() * latest : undefined);
  if (finished) break;
  killed += 1;
  const checkpoints = join(disturbed, 'checkpoints');
  const left = existsSync(checkpoints) ? readdirSync(checkpoints) : [];
  console.log(`killed ${killed} of ${kills}: checkpoints ${left.join(', ') || 'none'}`);
}
const a = fingerprint(undisturbed);
const b = fingerprint(disturbed);
const equal = a.last === b.last && a.weights === b.weights && a.optimiser === b.optimiser && a.log === b.log;
console.log(
  `${equal ? 'equal' : 'DIFFERENT'} after ${killed} kills: ${a.last}, weights ${a.weights.slice(0, 16)} and ${b.weights.slice(0, 16)}, ${a.lines} and ${b.lines} lines of log`,
);
if (equal) rmSync(work, { recursive: true, force: true });
process.exit(equal && killed > 0 ? 0 : 1);
