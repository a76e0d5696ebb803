// Files of another version, another run or another model: told apart from damage, and never touched.
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trainArgs } from './frame/bases.mjs';
import { changeJson } from './frame/pieces.mjs';
import {
  contents,
  endOf,
  promise,
  promiseDone,
  promiseDoneOrRefused,
  promiseRefused,
  promiseUntouched,
} from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const NEWER = /newer version/i;
const latest = (/** @type {string} */ run) => join(run, 'checkpoints', 'step-00000016');
const best = (/** @type {string} */ run) => join(run, 'best', readdirSync(join(run, 'best'))[0]);

/** Writes a checkpoint's sums again, so that what was changed is intact. @param {string} folder */
function sealed(folder) {
  changeJson(join(folder, 'manifest.json'), (manifest) => {
    for (const name of Object.keys(manifest.files)) {
      const bytes = readFileSync(join(folder, name));
      manifest.files[name] = {
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      };
    }
  });
}

const newer = (/** @type {any} */ value) => {
  value.format = 99;
  value.invented = { later: true };
};

/** @type {Record<string, (place: Place) => { changed: string, commands: string[][] }>} */
const newerFiles = {
  'a checkpoint': (place) => {
    const run = place.finishedRun();
    changeJson(join(latest(run), 'manifest.json'), newer);
    return { changed: run, commands: [[...trainArgs(run), '--resume'], evalOf(run, 'latest')] };
  },
  "a checkpoint's state": (place) => {
    const run = place.finishedRun();
    changeJson(join(latest(run), 'state.json'), newer);
    sealed(latest(run));
    return { changed: run, commands: [[...trainArgs(run), '--resume'], evalOf(run, 'latest')] };
  },
  'the best network': (place) => {
    const run = place.finishedRun();
    changeJson(join(best(run), 'manifest.json'), newer);
    return { changed: run, commands: [evalOf(run, 'best')] };
  },
  'config.json': (place) => {
    const run = place.finishedRun();
    changeJson(join(run, 'config.json'), newer);
    return { changed: run, commands: [[...trainArgs(run), '--resume'], trainArgs(run), evalOf(run, 'best')] };
  },
  'a model folder': (place) => {
    const model = place.model();
    changeJson(join(model, 'model.json'), newer);
    sealed(model);
    return {
      changed: model,
      commands: [['export', model, '--out', 'm.onnx'], predictWith(model)],
    };
  },
  "a model folder's manifest": (place) => {
    const model = place.model();
    changeJson(join(model, 'manifest.json'), newer);
    return { changed: model, commands: [['export', model, '--out', 'm.onnx']] };
  },
};

/** @param {string} model */
const predictWith = (model) => ['predict', 'a.jpg', '--model', model, '--backend', 'wasm'];
/** @param {string} run @param {string} which */
const evalOf = (run, which) => ['eval', run, '--checkpoint', which, '--backend', 'wasm'];

const formats = Object.entries(newerFiles).map(([name, make]) => ({
  name: `${name} of a newer format: said, untouched`,
  quick: true,
  /** @param {Place} place */
  async run(place) {
    const { changed, commands } = make(place);
    const before = contents(changed);
    for (const args of commands) {
      promiseRefused(await place.dmnn(args), {
        says: args.includes('--resume') || args[0] !== 'train' ? [NEWER] : [],
      });
      promiseUntouched(changed, before);
    }
  },
}));

/** @type {[string, Record<string, string>][]} */
const changedRuns = [
  ['seed', { seed: '2' }],
  ['recipe', { labelSmoothing: '0.1' }],
];
const otherRuns = changedRuns.map(([name, changes]) => ({
  name: `a checkpoint of a run of another ${name} in the folder: refused, nothing cut`,
  quick: name === 'seed',
  /** @param {Place} place */
  async run(place) {
    const run = place.unfinishedRun();
    const other = place.path('other');
    promiseDone(await place.dmnn(trainArgs(other, changes)));
    cpSync(latest(other), latest(run), { recursive: true });
    const before = contents(run);
    promiseRefused(await place.dmnn([...trainArgs(run), '--resume']), {
      says: [/another|other|different/],
    });
    promiseUntouched(run, before);
    promiseRefused(await place.dmnn(evalOf(run, 'latest')), { says: [/another|other|different/] });
  },
}));

/** @type {Record<string, Record<string, string>>} */
const otherSettings = {
  'another seed': { seed: '3' },
  'another network': { 'model.name': 'dmnn-cifar-resnet8-0.5-n2' },
  'another batch size': { batchSize: '4' },
};
const resumedOtherwise = Object.entries(otherSettings).map(([name, changes]) => ({
  name: `--resume with ${name}: refused by name, nothing touched`,
  quick: name === 'another network',
  /** @param {Place} place */
  async run(place) {
    const run = place.unfinishedRun();
    const before = contents(run);
    const says = [new RegExp(Object.keys(changes)[0].split('.').at(-1) ?? '')];
    promiseRefused(await place.dmnn([...trainArgs(run, changes), '--resume']), { says });
    promiseUntouched(run, before);
  },
}));

/** @type {readonly Fault[]} */
const others = [
  {
    name: 'weights of another network under right sums: refused by name and shape',
    quick: true,
    async run(place) {
      const run = place.finishedRun();
      const other = place.path('other');
      promiseDone(
        await place.dmnn(trainArgs(other, { 'model.name': 'dmnn-cifar-resnet8-0.5-n2', epochs: '1' })),
      );
      cpSync(join(best(other), 'weights.safetensors'), join(best(run), 'weights.safetensors'));
      sealed(best(run));
      promiseRefused(await place.dmnn(evalOf(run, 'best')), { says: [/expected/] });
    },
  },
  {
    name: "a run's own data of another kind: refused",
    async run(place) {
      const run = place.unfinishedRun();
      const before = contents(run);
      promiseRefused(await place.dmnn([...trainArgs(run, {}, 'built-in=32'), '--resume']), {
        says: [/data/],
      });
      promiseUntouched(run, before);
    },
  },
  {
    name: 'a folder with checkpoints and without config.json, resumed or not: refused, nothing removed',
    quick: true,
    async run(place) {
      const run = place.finishedRun();
      rmSync(join(run, 'config.json'));
      const before = contents(run);
      for (const more of [[], ['--resume']]) {
        promiseRefused(await place.dmnn([...trainArgs(run), ...more]), {
          says: [/checkpoint/, /config\.json/],
        });
        promiseUntouched(run, before);
      }
    },
  },
  {
    name: 'training into a folder that holds a run: refused, nothing touched',
    quick: true,
    async run(place) {
      const run = place.finishedRun();
      const before = contents(run);
      promiseRefused(await place.dmnn(trainArgs(run)), { says: [/[Rr]esum/] });
      promiseUntouched(run, before);
    },
  },
  {
    name: 'training into a folder of other files: refused or left alone',
    async run(place) {
      const mine = place.write('run/thesis.txt', 'mine');
      promiseDoneOrRefused(await place.dmnn(trainArgs(place.path('run'))));
      promise(readFileSync(mine, 'utf8') === 'mine', 'expected the file as it was');
    },
  },
  {
    name: '--from a run of another architecture: refused by name',
    async run(place) {
      const from = place.finishedRun('from');
      const args = trainArgs(place.path('run'), { 'model.name': 'dmnn-cifar-resnet8-0.5-n2' });
      // the recipe and --from do not go together: usage
      promiseRefused(await place.dmnn([...args, '--from', from]), { code: 2, says: [/from|expected/] });
    },
  },
  {
    name: 'an .onnx file that dmnn did not write, and one cut off: refused',
    quick: true,
    async run(place) {
      const file = place.path('m.onnx');
      promiseDone(await place.dmnn(['export', place.model(), '--out', file]));
      const bytes = readFileSync(file);
      place.write('a.jpg', 'x');
      for (const other of [bytes.subarray(0, 5000), new Uint8Array(100), Buffer.from('text')]) {
        writeFileSync(file, other);
        const ended = await place.dmnn(['predict', 'a.jpg', '--model', file]);
        promiseRefused(ended, { says: [/m\.onnx|file|image/] });
      }
    },
  },
  {
    name: 'a log without checksums, as older versions wrote it: read and resumed',
    quick: true,
    async run(place) {
      const run = place.unfinishedRun();
      const path = join(run, 'metrics.jsonl');
      const lines = readFileSync(path, 'utf8').trim().split('\n');
      const plain = lines.map((line) => JSON.stringify({ ...JSON.parse(line), crc: undefined }));
      writeFileSync(path, `${plain.join('\n')}\n`);
      const ended = await place.dmnn(['report', run, '--out', 'pages', '--backend', 'wasm']);
      promise(ended.code === 0, `expected it to be read: ${endOf(ended)}`);
    },
  },
];

/** @type {readonly Fault[]} */
export default [...formats, ...otherRuns, ...resumedOtherwise, ...others];
