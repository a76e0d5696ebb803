// Trains the same small run twice, once undisturbed and once killed (SIGKILL) at random moments and resumed each time,
// and compares weights byte by byte and logs line by line, clock fields aside.
//   node scripts/kill-and-resume.mjs [KILLS] [BACKEND]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kills = Number(process.argv[2] ?? 20);
const backend = process.argv[3] ?? 'wasm';
const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'dmnn-kill-'));
const settings = [
  'epochs=1',
  'batchSize=16',
  'checkpoints.everySteps=10',
  'model.name=dmnn-cifar-resnet8-0.25-n2',
];

/** Seconds; the parent of a native run is a child of its own, so the whole group is killed. */
function train(folder, killAfterSeconds) {
  const args = [
    'train',
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
  for (const setting of settings) args.push('--set', setting);
  return new Promise((done) => {
    const began = Date.now();
    const child = spawn(process.execPath, [join(root, 'packages/dmnn/bin/dmnn.js'), ...args], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    const timer =
      killAfterSeconds === undefined
        ? undefined
        : setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 1000 * killAfterSeconds);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && signal === null) throw new Error(`train exited with ${code}\n${errors}`);
      done({ finished: code === 0, seconds: (Date.now() - began) / 1000 });
    });
  });
}

function fingerprint(folder) {
  const checkpoints = join(folder, 'checkpoints');
  const last = readdirSync(checkpoints).sort().at(-1);
  const sha256 = (file) =>
    createHash('sha256')
      .update(readFileSync(join(checkpoints, last, file)))
      .digest('hex');
  const log = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.stringify({ ...JSON.parse(line), clock: undefined }));
  return {
    last,
    weights: sha256('weights.safetensors'),
    optimiser: sha256('optimizer.safetensors'),
    log: log.join('\n'),
    lines: log.length,
  };
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
