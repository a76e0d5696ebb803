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

const fixed = (width = '') => ['--recipe', 'cifar-resnet20', ...set(`model.name=cifar-resnet14${width}`)];
/** With the start that was chosen on held-out images. */
const dmnn = (subBlocks, ...settings) => [
  ...['--recipe', 'dmnn-cifar-resnet20-n2'],
  ...set(`model.name=dmnn-cifar-resnet14-n${subBlocks}`, ...settings),
  ...set('gating.openingRate=in-turn', 'gating.openingScale=first', 'gating.targetFallUntil=0'),
];
/** Where blocks begin unlike each other, bounds around the target would pull them together. */
const unlike = 'gating.bounds=null';
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
/** They begin with a network that was trained for half of the epochs, and have the other half. */
const half = (recipe, model) => [
  ...['--recipe', recipe, ...set(`model.name=${model}`, 'epochs=5'), '--from'],
  join(logs, 'half-s1'),
];

/** By the names of scripts/results.mjs; those of several seeds are compared with each other. */
const systems = {
  'n2-t0.6': { options: dmnn(2), seeds: 3 },
  'alike-t0.6': {
    options: [...['--recipe', 'dmnn-cifar-resnet20-n2'], ...set('model.name=dmnn-cifar-resnet14-n2')],
    seeds: 1,
  },
  half: { options: [...fixed(), ...set('epochs=5')], seeds: 1 },
  'n2-t0.8': { options: dmnn(2, 'gating.targetRate=0.8', unlike), seeds: 1 },
  'static0.8': { options: fixed('-0.9'), seeds: 1 },
  'n2-t0.4': { options: dmnn(2, 'gating.targetRate=0.4', unlike), seeds: 1 },
  'static0.4': { options: fixed('-0.63'), seeds: 1 },
  'pruned0.6': { options: half('pruned-cifar-resnet20', 'cifar-resnet14'), seeds: 1 },
  'n1-t0.6': { options: dmnn(1, unlike), seeds: 1 },
  'n4-t0.6': { options: dmnn(4), seeds: 1 },
  'static0.6': { options: fixed('-0.78'), seeds: 3 },
  static: { options: fixed(), seeds: 3 },
  'aig20-t0.6': { options: aig('gating.resourceWeight=20'), seeds: 3 },
  'converted-t0.6': {
    options: half('dmnn-cifar-resnet20-n2-from-static', 'dmnn-cifar-resnet14-n2'),
    seeds: 1,
  },
  slimmable: {
    options: ['--recipe', 'slimmable-cifar-resnet20', ...set('model.name=cifar-resnet14')],
    seeds: 1,
  },
  noprev: { options: dmnn(2, withoutPrevious), seeds: 3 },
  nocat: { options: dmnn(2, 'gating.category=null'), seeds: 3 },
  neither: { options: dmnn(2, withoutPrevious, 'gating.category=null'), seeds: 3 },
  'aig-t0.6': { options: aig(), seeds: 3 },
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
        ...options,
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
  const folder = join(values.out, name);
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
  if (['half-s1', 'n2-t0.6-s1'].includes(name))
    cpSync(join(folder, 'best'), join(logs, name, 'best'), { recursive: true });
  console.log(`${new Date().toISOString()} ${name}`);
}

/** The network that others begin with may still be in training. */
const isReady = ({ options }) => !options.includes('--from') || isFinished({ name: 'half-s1' });

async function work() {
  while (!isStopped) {
    const at = left.findIndex(isReady);
    if (at < 0) return;
    await train(left.splice(at, 1)[0]);
  }
}

await Promise.all(Array.from({ length: Number(values.workers) }, work));
