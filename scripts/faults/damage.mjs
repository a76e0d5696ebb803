// Truncation and one-bit flips of every file of a run: noticed with an error that helps, or without any effect.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMetrics } from '@dmnn/runs';
import { loadRun } from '@dmnn/trainer';
import { Random } from '../fuzz/frame/random.mjs';
import { trainArgs } from './frame/bases.mjs';
import { flipBit, truncateTo } from './frame/pieces.mjs';
import {
  contents,
  endOf,
  promise,
  promiseDone,
  promiseDoneOrRefused,
  promiseRefused,
  promiseResumes,
  promiseSame,
  promiseUntouched,
} from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const LAST = 'checkpoints/step-00000016';
const files = {
  'config.json': 'config.json',
  'metrics.jsonl': 'metrics.jsonl',
  'events.out.tfevents.dmnn': 'events.out.tfevents.dmnn',
  "a checkpoint's manifest.json": `${LAST}/manifest.json`,
  "a checkpoint's state.json": `${LAST}/state.json`,
  "a checkpoint's weights": `${LAST}/weights.safetensors`,
  "a checkpoint's optimiser": `${LAST}/optimizer.safetensors`,
  "a checkpoint's category heads": `${LAST}/category-heads.safetensors`,
  "the best network's manifest.json": 'best/*/manifest.json',
  "the best network's state.json": 'best/*/state.json',
  "the best network's weights": 'best/*/weights.safetensors',
};

/** @param {string} run @param {string} file */
function pathIn(run, file) {
  return join(
    run,
    file.replace('*', () => readdirSync(join(run, 'best'))[0]),
  );
}

/** What `dmnn eval` measures, without its time. @param {Place} place @param {string} run */
async function evaluated(place, run, which = 'best') {
  const ended = await place.dmnn(['eval', run, '--checkpoint', which, '--backend', 'wasm', '--json']);
  if (ended.code !== 0) return { ended, numbers: undefined };
  const numbers = ended.out.replace(/"(msPerImage|\w*[sS]econds|\w*Ms)":\s*[\d.e-]+/g, '');
  return { ended, numbers };
}

/** What the undamaged run is measured as: the same for all faults. @type {Map<string, Promise<string | undefined>>} */
const intact = new Map();

/** @param {Place} place @param {string} which */
function intactNumbers(place, which) {
  const known = intact.get(which) ?? evaluated(place, place.bases.run, which).then(({ numbers }) => numbers);
  intact.set(which, known);
  return known;
}

/**
 * After a damage: `eval` and `report` refuse, or say what they say without it; `train --resume` ends with the right bits
 * or refuses and touches nothing.
 *
 * @param {Place} place
 * @param {string} name of the file
 * @param {(path: string) => void} damage
 * @param {{ resume: boolean }} options
 */
async function damaged(place, name, damage, { resume }) {
  const file = files[/** @type {keyof typeof files} */ (name)];
  const which = file.startsWith('best') ? 'best' : 'latest';
  const expected = await intactNumbers(place, which);
  promise(expected !== undefined, 'expected the intact run to be evaluated');
  const run = place.finishedRun();
  damage(pathIn(run, file));
  const { ended, numbers } = await evaluated(place, run, which);
  promiseDoneOrRefused(ended);
  promise(
    numbers === undefined || numbers === expected || /damaged|latest intact|going on/.test(ended.err),
    `expected an error or the numbers of the intact run: ${endOf(ended)}`,
  );
  if (!place.quick || !file.startsWith('checkpoints'))
    promiseDoneOrRefused(await place.dmnn(['report', run, '--out', 'pages', '--backend', 'wasm']));
  if (!resume) return;
  const before = contents(run);
  const resumed = await place.dmnn([...trainArgs(run), '--resume']);
  const [log, best] = [name !== 'metrics.jsonl', !file.startsWith('best')];
  if (promiseDoneOrRefused(resumed)) promiseSame(place, run, { log, best });
  else promiseUntouched(run, before);
}

const truncations = Object.keys(files).map((name) => ({
  name: `${name} cut off`,
  quick: /config|metrics|a checkpoint's manifest/.test(name),
  /** @param {Place} place */
  async run(place) {
    for (const share of place.quick ? [0.5] : [0, 0.5, 0.99]) {
      const cut = (/** @type {string} */ path) => truncateTo(path, Math.floor(statSync(path).size * share));
      await damaged(place, name, cut, { resume: true });
    }
  },
}));

const flips = Object.keys(files).map((name) => ({
  name: `one-bit flips of ${name}`,
  quick: /config|a checkpoint's state/.test(name),
  /** @param {Place} place */
  async run(place) {
    const random = new Random(22, name.length);
    for (let n = 0; n < (place.quick ? 1 : 8); n++) {
      const flip = (/** @type {string} */ path) => flipBit(path, random.below(8 * statSync(path).size));
      await damaged(place, name, flip, { resume: n < 3 });
    }
  },
}));

/** @type {Fault} */
const everyBitOfLog = {
  name: 'every one-bit flip of a log is noticed',
  quick: true,
  async run(place) {
    const run = place.finishedRun();
    const path = join(run, 'metrics.jsonl');
    const bytes = readFileSync(path);
    const first = bytes.indexOf(10) + 1;
    const unnoticed = [];
    const bits = 8 * first;
    for (let bit = 0; bit < bits; bit++) {
      writeFileSync(path, bytes);
      flipBit(path, bit);
      const error = await readMetrics(run).then(
        () => undefined,
        (thrown) => thrown,
      );
      if (error === undefined) unnoticed.push(bit);
      else promise(/^DMNN_/.test(error.code), `bit ${bit}: expected a typed error, got ${error}`);
    }
    promise(unnoticed.length === 0, `expected all ${bits} to be noticed, ${unnoticed.length} were not`);
    return `${bits} bits`;
  },
};

/** @type {Fault} */
const everyFileOfCheckpoint = {
  name: 'one-bit flips of all files of a checkpoint are noticed',
  quick: true,
  async run(place) {
    const run = place.finishedRun();
    const random = new Random(22, 7);
    const names = Object.values(files).filter((file) => file.startsWith('best'));
    let tried = 0;
    for (const name of names) {
      const path = pathIn(run, name);
      const bytes = readFileSync(path);
      for (let n = 0; n < (place.quick ? 50 : 400); n++) {
        const bit = random.below(8 * bytes.length);
        flipBit(path, bit);
        const expected = await loadRun(run, { which: 'best' }).then(
          ({ network }) => (network.dispose(), undefined),
          (thrown) => thrown,
        );
        // a space or a line end in the manifest may be another one
        const harmless = expected === undefined && name.endsWith('manifest.json');
        promise(
          harmless || /^DMNN_/.test(expected?.code),
          `${name}, bit ${bit}: expected a typed error, got ${expected ?? 'none'}`,
        );
        writeFileSync(path, bytes);
        tried++;
      }
    }
    return `${tried} flips`;
  },
};

/** @type {Fault} */
const allDamaged = {
  name: 'all checkpoints damaged: refused, nothing overwritten',
  quick: true,
  async run(place) {
    const run = place.finishedRun();
    for (const step of readdirSync(join(run, 'checkpoints')))
      truncateTo(join(run, 'checkpoints', step, 'weights.safetensors'), 100);
    const before = contents(run);
    const ended = await place.dmnn([...trainArgs(run), '--resume']);
    promiseRefused(ended, { says: [/weights\.safetensors/, /run/] });
    promiseUntouched(run, before);
  },
};

/** @type {Fault} */
const latestDamaged = {
  name: 'the latest checkpoint damaged: goes on from the one before, and says so',
  quick: true,
  async run(place) {
    const run = place.finishedRun();
    flipBit(join(run, LAST, 'optimizer.safetensors'), 8 * 40000);
    const ended = await promiseResumes(place, run);
    promise(/step-00000016/.test(ended.err), `expected it to name the damaged one: ${endOf(ended)}`);
  },
};

/** @type {Fault} */
const logGone = {
  name: 'a log removed: the checkpoint stays usable',
  quick: true,
  async run(place) {
    const run = place.unfinishedRun();
    writeFileSync(join(run, 'metrics.jsonl'), '');
    promiseDone(await place.dmnn(['eval', run, '--backend', 'wasm']));
    const ended = await promiseResumes(place, run, { log: false });
    promise(/metrics\.jsonl/.test(ended.err), `expected it to say what was lost: ${endOf(ended)}`);
  },
};

/** @type {Fault} */
const logOfOtherBytes = {
  name: 'a log of other bytes: no stack, and the checkpoint stays usable',
  async run(place) {
    const run = place.unfinishedRun();
    const path = join(run, 'metrics.jsonl');
    writeFileSync(
      path,
      readFileSync(path).map((byte, at) => (at % 97 === 0 ? 0 : byte)),
    );
    promiseDoneOrRefused(await place.dmnn(['report', run, '--out', 'pages', '--backend', 'wasm']));
    promiseDone(await place.dmnn(['eval', run, '--backend', 'wasm']));
    await promiseResumes(place, run, { log: false });
  },
};

/** @type {Fault} */
const pipeInCheckpoint = {
  name: 'a pipe in place of the weights of the latest checkpoint: named, and the one before is used',
  quick: true,
  async run(place) {
    const run = place.finishedRun();
    const file = join(run, LAST, 'weights.safetensors');
    rmSync(file);
    if (spawnSync('mkfifo', [file]).status !== 0) place.skip('mkfifo is not here');
    const ended = await place.dmnn([...trainArgs(run), '--resume'], { seconds: 60 });
    promiseDone(ended, [/step-00000016 is damaged \(weights\.safetensors: got a pipe\)/]);
    promiseSame(place, run, { log: false });
  },
};

/** @type {Fault} */
const configIsFolder = {
  name: 'config.json that is a folder: said so by every command that reads the run',
  quick: true,
  async run(place) {
    const run = place.finishedRun();
    rmSync(join(run, 'config.json'));
    mkdirSync(join(run, 'config.json'));
    for (const args of [
      [...trainArgs(run), '--resume'],
      ['eval', run],
      ['report', run, '--out', 'pages'],
    ])
      promiseRefused(await place.dmnn(args), {
        says: [/config\.json: expected a file that can be read, got a folder/],
      });
  },
};

/** @type {readonly Fault[]} */
export default [
  pipeInCheckpoint,
  configIsFolder,
  ...truncations,
  ...flips,
  everyBitOfLog,
  everyFileOfCheckpoint,
  allDamaged,
  latestDamaged,
  logGone,
  logOfOtherBytes,
];
