// Trains what docs/results/cifar100.md has of ResNet-14 and what it still lacks, one run after the other, and puts the log
// of each that is finished where scripts/results.mjs reads it. Can be stopped at any time; the same command goes on.
//   node scripts/study.mjs --data cifar100=PATH --out RUNS [--workers 2]
// Each worker trains one run on one thread: on two cores two of them train a quarter more images than one on two threads.
import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const logs = join(root, 'docs/results/cifar100/resnet14');
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});
if (!values.data || !values.out || !(Number(values.workers) >= 1)) {
  console.error('usage: node scripts/study.mjs --data cifar100=PATH --out RUNS [--workers N]');
  process.exit(2);
}

/** What a run has that begins with the network of `half` of its seed. */
const secondHalf = [...set('epochs=5', 'learningRate.from=0.05'), '--from', 'HALF'];

const fixed = (width = '') => ['--recipe', 'cifar-resnet20', ...set(`model.name=cifar-resnet14${width}`)];
/** Divided out of the network of `half` as was chosen on held-out images, and the other half of the epochs. */
const dmnn = (subBlocks, ...settings) => [
  ...['--recipe', 'dmnn-cifar-resnet20-n2-from-static'],
  ...set(`model.name=dmnn-cifar-resnet14-n${subBlocks}`, ...settings),
  ...set('gating.openingRate=in-turn', 'gating.targetFallUntil=0', 'gating.bounds=null'),
  ...secondHalf,
];
const dmnnFromScratch = (...settings) => [
  ...['--recipe', 'dmnn-cifar-resnet20-n2'],
  ...set('model.name=dmnn-cifar-resnet14-n2', ...settings),
];
const aig = (...settings) => [
  ...['--recipe', 'convnet-aig-cifar-resnet20'],
  ...set('model.name=convnet-aig-cifar-resnet14', ...settings),
];
const withoutPrevious = `model.controller=${JSON.stringify({
  kind: 'state',
  hiddenUnits: 32,
  previousState: 'none',
  hiddenBias: false,
})}`;

/** By the names of scripts/results.mjs; those of several seeds are compared with each other. */
const systems = {
  half: { options: [...fixed(), ...set('epochs=5', 'learningRate.to=0.05')], seeds: 3 },
  'n2-t0.6': { options: dmnn(2), seeds: 3 },
  'n2-t0.8': { options: dmnn(2, 'gating.targetRate=0.8'), seeds: 1 },
  'static0.8': { options: fixed('-0.9'), seeds: 1 },
  'n2-t0.4': { options: dmnn(2, 'gating.targetRate=0.4'), seeds: 1 },
  'static0.4': { options: fixed('-0.63'), seeds: 1 },
  noprev: { options: dmnn(2, withoutPrevious), seeds: 3 },
  nocat: { options: dmnn(2, 'gating.category=null'), seeds: 3 },
  neither: { options: dmnn(2, withoutPrevious, 'gating.category=null'), seeds: 3 },
  'aig20-half-t0.6': { options: [...aig('gating.resourceWeight=20'), ...secondHalf], seeds: 3 },
  'n1-t0.6': { options: dmnn(1), seeds: 1 },
  'n4-t0.6': { options: dmnn(4), seeds: 1 },
  'pruned0.6': {
    options: ['--recipe', 'pruned-cifar-resnet20', ...set('model.name=cifar-resnet14'), ...secondHalf],
    seeds: 1,
  },
  'static0.6': { options: fixed('-0.78'), seeds: 3 },
  static: { options: fixed(), seeds: 3 },
  slimmable: {
    options: ['--recipe', 'slimmable-cifar-resnet20', ...set('model.name=cifar-resnet14')],
    seeds: 1,
  },
  'alike-t0.6': { options: dmnnFromScratch(), seeds: 1 },
  'zero-t0.6': {
    options: dmnnFromScratch(
      'gating.openingRate=in-turn',
      'gating.openingScale=first',
      'gating.targetFallUntil=0',
    ),
    seeds: 1,
  },
  'aig20-t0.6': { options: aig('gating.resourceWeight=20'), seeds: 1 },
  'aig-t0.6': { options: aig(), seeds: 1 },
};

function set(...settings) {
  return settings.flatMap((setting) => ['--set', setting]);
}

/** First seeds of all systems, then second ones. */
const runs = [1, 2, 3].flatMap((seed) =>
  Object.entries(systems)
    .filter(([, { seeds }]) => seed <= seeds)
    .map(([key, { options }]) => ({
      name: `${key}-s${seed}`,
      options: [
        ...options.map((option) => (option === 'HALF' ? join(logs, `half-s${seed}`) : option)),
        ...set(`seed=${seed}`),
        ...(options.includes('epochs=5') ? [] : set('epochs=10')),
      ],
    })),
);
const isFinished = ({ name }) => existsSync(join(logs, name));
const left = runs.filter((run) => !isFinished(run));
console.log(`${left.length} of ${runs.length} runs to train`);

const children = new Set();
let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    isStopped = true; // runs save what they have and end
    for (const child of children) child.kill('SIGINT');
  });

async function train({ name, options }) {
  const folder = join(values.out ?? '', name);
  const child = spawn(
    process.execPath,
    [
      ...[join(root, 'packages/dmnn/bin/dmnn.js'), 'train', ...options, '--data', values.data],
      ...['--train-images', '25000', ...set('evaluation.everyEpochs=5', 'log.everySteps=50')],
      ...['--backend', 'native', '--resume', '--out', folder],
    ],
    // detached: a Ctrl-C reaches it once, from here, and not from the terminal as well
    {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1' },
    },
  );
  children.add(child);
  const code = await new Promise((resolve) => child.on('close', resolve));
  children.delete(child);
  if (code !== 0) return isStopped || console.error(`${name}: ended with ${code}`);
  mkdirSync(join(logs, name), { recursive: true });
  for (const file of ['config.json', 'metrics.jsonl'])
    copyFileSync(join(folder, file), join(logs, name, file));
  // what others begin with, and what readers can evaluate
  if (/^half-|^n2-t0.6-s1$/.test(name))
    cpSync(join(folder, 'best'), join(logs, name, 'best'), { recursive: true });
  console.log(`${new Date().toISOString()} ${name}`);
}

/** The network that a run begins with may still be in training. */
const isReady = ({ options }) =>
  !options.includes('--from') || existsSync(options[options.indexOf('--from') + 1]);

async function work() {
  while (!isStopped) {
    const at = left.findIndex(isReady);
    if (at < 0) return;
    await train(left.splice(at, 1)[0]);
  }
}

await Promise.all(Array.from({ length: Number(values.workers) }, work));
