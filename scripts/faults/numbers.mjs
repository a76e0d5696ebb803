// Numbers that go wrong: NaN, gates that close or decide nothing, data too few, memory that is not there, more epochs.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '@dmnn/weights';
import { trainArgs } from './frame/bases.mjs';
import { photographs } from './frame/pieces.mjs';
import {
  checkpointsOf,
  endOf,
  promise,
  promiseDone,
  promiseReadable,
  promiseRefused,
} from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const wild = { 'learningRate.from': '1e30', 'gating.openingRate': '0.5' };

/** All numbers of a run's checkpoints are finite. @param {string} run */
function promiseFinite(run) {
  for (const kind of ['checkpoints', 'best'].filter((folder) => existsSync(join(run, folder)))) {
    for (const name of readdirSync(join(run, kind), { recursive: true }).map(String)) {
      if (!name.endsWith('.safetensors')) continue;
      const weights = readSafetensors(readFileSync(join(run, kind, name)), { file: name });
      for (const [tensor, { data }] of weights)
        promise(
          /** @type {Float32Array} */ (data).every(Number.isFinite),
          `expected finite numbers in ${kind}/${name}, ${tensor}`,
        );
    }
  }
}

/** @type {readonly Fault[]} */
const notFinite = [
  {
    name: 'weights that become infinite: never saved, the last finite checkpoint stays, the remedy works',
    quick: true,
    async run(place) {
      const run = place.path('run');
      // a first checkpoint of finite numbers, then a learning rate that throws them away
      const stop = { paths: 'step-00000004.*manifest', at: 0, action: /** @type {const} */ ('SIGINT') };
      await place.dmnn(trainArgs(run), { disk: stop });
      promise(checkpointsOf(run).length > 0, 'expected a checkpoint to begin with');
      const ended = await place.dmnn([...trainArgs(run, { 'learningRate.from': '1e30' }), '--resume']);
      promiseRefused(ended, { says: [/finite/, /learningRate\.from/, /--resume/] });
      promiseFinite(run);
      promise(/--set learningRate\.from=/.test(ended.err), `expected the setting to change: ${endOf(ended)}`);
      const resumed = await place.dmnn([...trainArgs(run, { 'learningRate.from': '0.01' }), '--resume']);
      promiseDone(resumed);
      promiseFinite(run);
      promiseDone(await place.dmnn(['eval', run, '--backend', 'wasm']));
      promiseDone(await place.dmnn(['report', run, '--out', 'pages', '--backend', 'wasm']));
    },
  },
  {
    name: 'infinite from the first steps on: no checkpoint of them, nothing locked',
    async run(place) {
      const run = place.path('run');
      const ended = await place.dmnn(trainArgs(run, wild));
      promiseRefused(ended, { says: [/finite/, /learningRate\.from/] });
      for (const kind of readdirSync(run)) promise(!/lock/.test(kind), 'expected no lock');
      if (checkpointsOf(run).length > 0) promiseFinite(run);
    },
  },
  {
    name: 'the remedies of the NaN error are accepted by --resume, other changes are refused by name',
    quick: true,
    async run(place) {
      const run = place.unfinishedRun();
      const refused = await place.dmnn([...trainArgs(run, { batchSize: '4' }), '--resume']);
      promiseRefused(refused, { says: [/batchSize/] });
      promiseDone(await place.dmnn([...trainArgs(run, { 'learningRate.from': '0.01' }), '--resume']));
      promiseDone(await place.dmnn(['eval', run, '--checkpoint', 'best', '--backend', 'wasm']));
      promiseDone(await place.dmnn(['eval', run, '--checkpoint', 'latest', '--backend', 'wasm']));
    },
  },
  {
    name: 'more epochs for a finished run: trained on, best and log kept',
    quick: true,
    async run(place) {
      const run = place.finishedRun();
      promiseDone(await place.dmnn([...trainArgs(run, { epochs: '3' }), '--resume']));
      promise(
        checkpointsOf(run).includes('step-00000024'),
        `expected step 24, got ${checkpointsOf(run).join(', ')}`,
      );
      promiseDone(await place.dmnn(['eval', run, '--backend', 'wasm']));
      promiseDone(await place.dmnn(['report', run, '--out', 'pages', '--backend', 'wasm']));
    },
  },
  {
    name: 'NaN in weights to import: refused by name',
    quick: true,
    async run(place) {
      const { createArchitecture } = await import('@dmnn/backbones');
      const { initialWeights } = await import('@dmnn/weights');
      const weights = initialWeights(createArchitecture('cifar-resnet8'), { seed: 1 });
      const [name, first] = [...weights][0];
      const data = /** @type {Float32Array} */ (first.data).map((value, at) => (at === 3 ? NaN : value));
      writeFileSync(
        place.path('w.safetensors'),
        writeSafetensors(new Map([...weights, [name, { ...first, data }]])),
      );
      const args = ['import', 'w.safetensors', '--model', 'cifar-resnet8', '--out', 'm'];
      promiseRefused(await place.dmnn(args), { says: [/w\.safetensors|weight/] });
    },
  },
];

/** @type {readonly Fault[]} */
const gates = [
  {
    name: 'gates that close: an alarm with a remedy, no contradiction among alarms',
    quick: true,
    async run(place) {
      const run = place.path('run');
      const changes = {
        'gating.openingRate': '0.02',
        'gating.targetRate': '0.1',
        'gating.resourceWeight': '50',
      };
      const ended = await place.dmnn(trainArgs(run, changes));
      promiseReadable(ended);
      promise(ended.code === 0, `expected it to end: ${endOf(ended)}`);
      promise(/closed|decides nothing|mean rate/.test(ended.err), `expected an alarm: ${endOf(ended)}`);
      promiseConsistent(ended.err);
    },
  },
  {
    name: 'gates that decide nothing: the advice of two alarms at once does not contradict itself',
    async run(place) {
      for (const [opening, target] of [
        ['0.95', '0.3'],
        ['0.3', '0.9'],
      ]) {
        const run = place.path(`run${opening}`);
        const changes = { 'gating.openingRate': opening, 'gating.targetRate': target };
        const ended = await place.dmnn(trainArgs(run, changes));
        promise(ended.code === 0, `expected it to end: ${endOf(ended)}`);
        promiseConsistent(ended.err);
      }
    },
  },
];

/** No setting is to be both larger and smaller, or two values, after one epoch. @param {string} text */
function promiseConsistent(text) {
  for (const epoch of ['epoch 1:', 'epoch 2:']) {
    const advice = text
      .split('\n')
      .filter((line) => line.startsWith(`after ${epoch}`))
      .join('\n');
    const larger = [...advice.matchAll(/a larger ([\w.]+)/g)].map(([, name]) => name);
    const smaller = [...advice.matchAll(/a smaller ([\w.]+)/g)].map(([, name]) => name);
    const both = larger.find((name) => smaller.includes(name));
    promise(both === undefined, `expected no contradiction about ${both}: ${advice}`);
    /** @type {Map<string, string>} */
    const values = new Map();
    for (const [, name, value] of advice.matchAll(/([a-z][\w]*\.[\w.]+)=(\{[^}]*\}|[\w.]+)/g)) {
      const other = values.get(name);
      promise(
        other === undefined || other === value,
        `expected one ${name}, got ${other} and ${value}: ${advice}`,
      );
      values.set(name, value);
    }
  }
}

/** @type {Record<string, { data?: string, changes?: Record<string, string>, done: boolean }>} */
const tiny = {
  'fewer images than a batch': { data: 'built-in=4', done: false },
  'one batch': { data: 'built-in=8', changes: { epochs: '1' }, done: true },
  'a batch of one image': { data: 'built-in=8', changes: { batchSize: '1', epochs: '1' }, done: true },
  'no images': { data: 'built-in=0', done: false },
};
const tinyData = Object.entries(tiny).map(([name, { data, changes, done }]) => ({
  name: `${name}: ${done ? 'trained' : 'refused by name'}`,
  quick: /fewer|one image/.test(name),
  /** @param {Place} place */
  async run(place) {
    const ended = await place.dmnn(trainArgs(place.path('run'), changes, data));
    if (done) promiseDone(ended);
    else promiseRefused(ended, { code: ended.code === 2 ? 2 : 1, says: [/built-in|batchSize|images/] });
  },
}));

const memory = [5000, 6000, 8000].map((batchSize) => ({
  name: `no memory on wasm for a batch of ${batchSize}: a typed error with the setting`,
  quick: false,
  /** @param {Place} place */
  async run(place) {
    const args = [
      ...['train', '--recipe', 'cifar-resnet20', '--set', 'data=built-in', '--data', 'built-in=8000'],
      ...['--backend', 'wasm', '--out', place.path('run'), '--set', `batchSize=${batchSize}`],
    ];
    const ended = await place.dmnn(args, { seconds: 500 });
    promiseRefused(ended, { says: [/memory/i, /batchSize/], seconds: 500 });
  },
}));

/** @type {Fault} */
const evaluationMemory = {
  name: 'no memory on wasm for an evaluation: a typed error with the option',
  quick: false,
  async run(place) {
    const args = ['eval', place.finishedRun(), '--backend', 'wasm', '--data', 'built-in=40000'];
    const ended = await place.dmnn([...args, '--batch-size', '40000', '--execution', 'masked'], {
      seconds: 500,
    });
    if (ended.code === 0) place.skip('this evaluation fits into the memory here');
    promiseRefused(ended, { says: [/memory/i, /batch-size|batchSize/], seconds: 500 });
  },
};

/** Limits of the shell, as clusters set them. @type {readonly Fault[]} */
const limits = [
  {
    name: 'no addresses for WebAssembly (ulimit -v): the limit is named, by backend and by decoder',
    quick: true,
    async run(place) {
      if (process.platform !== 'linux') place.skip('ulimit -v limits nothing here');
      const shell = 'ulimit -v 8000000; exec "$@"';
      promiseRefused(await place.dmnn(trainArgs(place.path('run')), { shell }), {
        says: [/ulimit -v/],
      });
      promise(!existsSync(place.path('run', 'checkpoints')), 'expected no training');
      place.write('a.jpg', photographs()[0]);
      const args = ['predict', 'a.jpg', '--model', place.model(), '--backend', 'cpu'];
      promiseRefused(await place.dmnn(args, { shell }), { says: [/ulimit -v/] });
    },
  },
  {
    name: 'few open files (ulimit -n 20): the limit is named',
    quick: true,
    async run(place) {
      if (process.platform === 'win32') place.skip('ulimit is not here');
      const ended = await place.dmnn(['models'], { shell: 'ulimit -n 20; exec "$@"' });
      promiseRefused(ended, { says: [/ulimit -n/] });
    },
  },
];

/** @type {readonly Fault[]} */
export default [...notFinite, ...gates, ...tinyData, ...memory, evaluationMemory, ...limits];
