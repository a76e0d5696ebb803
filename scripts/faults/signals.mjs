// SIGINT, SIGTERM and SIGHUP in every phase and command: work is saved, the command ends soon, nothing is locked.
import { existsSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../fuzz/frame/random.mjs';
import { trainArgs } from './frame/bases.mjs';
import { photographs } from './frame/pieces.mjs';
import {
  checkpointsOf,
  endOf,
  promise,
  promiseNoLitter,
  promiseReadable,
  promiseResumes,
} from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */
/** @typedef {import('./frame/failing-disk.mjs').DiskFault} DiskFault */

/** Exit codes of a command that was asked to stop; it may also be done by then. */
const STOPPED = [130, 143, 129, 0];
/** Seconds that ending may take: 2 on an idle machine, more where others compute. */
const SOON = 10;

/**
 * Signals a command, and measures how long it then takes to end.
 *
 * @param {ReturnType<Place['start']>} command
 * @param {NodeJS.Signals} signal
 * @param {boolean} [mayDie] whether ending by the signal itself will do, as a shell's own commands do
 */
async function stopped(command, signal, mayDie = false) {
  const began = performance.now();
  command.signal(signal);
  const ended = await command.ended;
  const byDefault = ended.signal === signal && !ended.hung;
  promise(
    (byDefault && mayDie) || (ended.code !== null && STOPPED.includes(ended.code)),
    `expected ${signal} to end it with 130: ${endOf(ended)}`,
  );
  promiseReadable(ended);
  const seconds = (performance.now() - began) / 1000;
  const said = /finish|saving|after th|until/i.test(ended.err);
  promise(said || seconds < SOON, `expected it to end soon, took ${seconds.toFixed(1)} s: ${endOf(ended)}`);
  return ended;
}

/** @type {readonly NodeJS.Signals[]} */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @type {readonly Fault[]} */
const training = signals.flatMap((signal) => [
  {
    name: `${signal} while training: saved, resumes`,
    quick: true,
    async run(place) {
      const run = place.path('run');
      const command = place.start(trainArgs(run));
      await command.said(/epoch 1\/2 {2}step/);
      const ended = await stopped(command, signal);
      promise(ended.code !== 0, `expected it to stop before the end: ${endOf(ended)}`);
      promise(checkpointsOf(run).length > 0, 'expected a checkpoint, got none');
      promiseNoLitter(run);
      await promiseResumes(place, run);
    },
  },
  {
    name: `${signal} while a checkpoint is saved`,
    quick: signal !== 'SIGTERM',
    async run(place) {
      const run = place.unfinishedRun();
      const disk = { paths: '/run/checkpoints', at: 3, action: signal };
      const ended = await place.dmnn([...trainArgs(run), '--resume'], {
        disk: /** @type {DiskFault} */ (disk),
      });
      promise(ended.code !== null && STOPPED.includes(ended.code), `expected it to end: ${endOf(ended)}`);
      promiseNoLitter(run);
      await promiseResumes(place, run);
    },
  },
]);

/** @type {Fault} */
const anyTime = {
  name: 'signals at random times of a training, also before its first step',
  async run(place) {
    const random = new Random(22, 11);
    const run = place.path('run');
    for (let n = 0; n < 12; n++) {
      const command = place.start([...trainArgs(run), '--resume']);
      await sleep(random.below(2500));
      command.signal(random.pick(signals));
      const ended = await command.ended;
      promiseReadable(ended);
      promise(!ended.hung, `expected it to end: ${endOf(ended)}`);
    }
    await promiseResumes(place, run);
  },
};

/** @type {Fault} */
const twice = {
  name: 'a second SIGINT ends training at once; it resumes',
  quick: true,
  async run(place) {
    const run = place.path('run');
    const command = place.start(trainArgs(run, {}, 'built-in=2000'));
    await command.said(/epoch 1\/2 {2}step/);
    command.signal('SIGINT');
    await sleep(20);
    command.signal('SIGINT');
    const ended = await command.ended;
    promise(ended.code === 130, `expected 130: ${endOf(ended)}`);
    const resumed = place.start([...trainArgs(run, {}, 'built-in=2000'), '--resume']);
    await resumed.said(/step/);
    await stopped(resumed, 'SIGINT');
  },
};

/**
 * Commands that take long enough, and what they say once they work.
 *
 * @type {Record<string, (place: Place) => { args: string[], works: RegExp, left?: string }>}
 */
const commands = {
  eval: (place) => ({
    args: ['eval', place.finishedRun(), '--backend', 'wasm', '--data', 'built-in=4000'],
    works: /backend wasm/,
  }),
  'eval --budgets': (place) => ({
    args: [
      'eval',
      place.finishedRun(),
      '--backend',
      'wasm',
      '--data',
      'built-in=4000',
      '--budgets',
      '0.3..1:0.05',
    ],
    works: /backend wasm/,
  }),
  'eval --latencies': (place) => ({
    args: [
      ...['eval', place.finishedRun(), '--backend', 'wasm', '--budgets', '1ms..9ms:1ms'],
      ...['--latencies', place.path('latencies.json')],
    ],
    works: /backend wasm/,
    left: 'latencies.json',
  }),
  report: (place) => ({
    args: ['report', place.finishedRun(), '--out', 'pages', '--backend', 'wasm', '--budgets'],
    works: /backend wasm/,
    left: 'pages/report.html',
  }),
  bench: () => ({
    args: ['bench', 'dmnn50-n2', '--engine', 'tfjs', '--backend', 'wasm'],
    works: /backend wasm/,
  }),
  'bench on ONNX Runtime': () => ({
    args: ['bench', 'dmnn-cifar-resnet110-n2', '--engine', 'onnx', '--seconds', '20'],
    works: /./,
  }),
  demo: () => ({ args: ['demo', '--backend', 'wasm'], works: /step/ }),
  predict: (place) => {
    const images = Array.from({ length: 400 }, (_, i) => `${i}.jpg`);
    for (const image of images) place.write(image, photographs()[0]);
    return {
      args: ['predict', ...images, '--model', place.model(), '--backend', 'wasm'],
      works: /backend wasm/,
    };
  },
  pruning: () => ({
    args: [
      ...['train', '--recipe', 'pruned-cifar-resnet20', '--set', 'data=built-in', '--data', 'built-in=2000'],
      ...['--from', 'static', '--out', 'pruned', '--backend', 'wasm'],
    ],
    works: /backend wasm/,
  }),
};

/** The network to prune. @param {Place} place */
async function trainStatic(place) {
  const args = ['train', '--recipe', 'cifar-resnet20', '--data', 'built-in=16', '--set', 'data=built-in'];
  const set = ['--set', 'epochs=1', '--set', 'batchSize=8', '--out', 'static', '--backend', 'wasm'];
  const { code, err } = await place.dmnn([...args, ...set]);
  promise(code === 0, `expected a network to prune: ${err}`);
}

/** @type {readonly Fault[]} */
const others = Object.entries(commands).map(([name, make]) => ({
  name: `SIGINT in ${name}: ends soon, nothing half-written`,
  quick: /bench|report|latencies|pruning/.test(name) && name !== 'bench on ONNX Runtime',
  async run(place) {
    const { args, works, left } = make(place);
    if (name === 'pruning') await trainStatic(place);
    const command = place.start(args, { seconds: 240 });
    await command.said(works);
    await sleep(700);
    const ended = await stopped(command, 'SIGINT', true);
    if (ended.code !== 0 && left !== undefined)
      promise(!existsSync(place.path(left)), `expected no half ${left}, got one`);
  },
}));

/** @type {Fault} */
const installing = {
  name: 'SIGTERM in backend install: its children end, the next call goes on',
  quick: true,
  async run(place) {
    const cache = place.path('cache');
    mkdirSync(cache);
    // a proxy that never answers: the install waits for its first download
    const { createServer } = await import('node:net');
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    place.onLeaving(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const proxy = `http://127.0.0.1:${port}`;
    const env = {
      ...{
        XDG_CACHE_HOME: cache,
        HTTPS_PROXY: proxy,
        HTTP_PROXY: proxy,
        https_proxy: proxy,
        http_proxy: proxy,
      },
      ...{ npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_cache: place.path('npm') },
      ...{ PIP_INDEX_URL: `http://127.0.0.1:${port}/simple`, NO_PROXY: '', no_proxy: '' },
    };
    for (let again = 0; again < 2; again++) {
      const command = place.start(['backend', 'install'], { env });
      await sleep(3000);
      const group = command.pid;
      const began = performance.now();
      command.signal('SIGTERM');
      const ended = await command.ended;
      promiseReadable(ended);
      promise(ended.code !== 0 && ended.signal === null, `expected an interrupted install: ${endOf(ended)}`);
      promise(!/other process|in use|locked/i.test(ended.err), `expected no lock left: ${endOf(ended)}`);
      const seconds = (performance.now() - began) / 1000;
      promise(seconds < SOON, `expected it to end soon, took ${seconds.toFixed(1)} s`);
      await sleep(300);
      promise(!groupLives(group), 'expected all children to have ended');
    }
  },
};

/** Whether a process of the group is alive. @param {number} group */
function groupLives(group) {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

/** @type {readonly Fault[]} */
export default [...training, anyTime, twice, ...others, installing];
