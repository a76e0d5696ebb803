// What `--out` may be, planted links, and names that a terminal would obey.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { trainArgs } from './frame/bases.mjs';
import { photographs } from './frame/pieces.mjs';
import {
  endOf,
  promise,
  promiseDone,
  promiseDoneOrRefused,
  promiseReadable,
  promiseRefused,
} from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

/** @type {readonly Fault[]} */
const kinds = [
  {
    name: 'export to /dev/null by a link: written into, and the device stays',
    quick: true,
    async run(place) {
      symlinkSync('/dev/null', place.path('null'));
      promiseDone(await place.dmnn(['export', place.model(), '--out', 'null']));
      promise(lstatSync(place.path('null')).isSymbolicLink(), 'expected the link to stay');
      promise(statSync('/dev/null').isCharacterDevice(), 'expected /dev/null to stay a device');
    },
  },
  {
    name: 'export to a named pipe: written into',
    quick: true,
    async run(place) {
      const pipe = place.path('pipe');
      if (spawnSync('mkfifo', [pipe]).status !== 0) place.skip('mkfifo is not here');
      const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] });
      place.onLeaving(() => void reader.kill());
      let bytes = 0;
      reader.stdout.on('data', (chunk) => (bytes += chunk.length));
      const read = new Promise((resolve) => reader.once('close', resolve));
      promiseDone(await place.dmnn(['export', place.model(), '--out', 'pipe'], { seconds: 40 }));
      promise(lstatSync(pipe).isFIFO(), 'expected the pipe to stay one');
      await read;
      promiseDone(await place.dmnn(['export', place.path('model'), '--out', 'file']));
      const expected = statSync(place.path('file')).size;
      promise(bytes === expected, `expected ${expected} bytes through the pipe, got ${bytes}`);
    },
  },
  {
    name: 'export to a link: its target is replaced, the link stays',
    quick: true,
    async run(place) {
      const target = place.write('target.onnx', 'old');
      symlinkSync('target.onnx', place.path('link.onnx'));
      promiseDone(await place.dmnn(['export', place.model(), '--out', 'link.onnx']));
      promise(lstatSync(place.path('link.onnx')).isSymbolicLink(), 'expected the link to stay');
      promise(statSync(target).size > 1000, 'expected the target to be the new file');
    },
  },
  ...['export', 'explain', 'report', 'train'].map((command) => ({
    name: `${command} to ${command === 'export' || command === 'explain' ? 'a folder' : 'a file'}: refused, untouched`,
    quick: command !== 'train',
    /** @param {Place} place */
    async run(place) {
      place.write('a.jpg', photographs()[0]);
      const out = place.path('out');
      const isFile = command === 'report' || command === 'train';
      if (isFile) writeFileSync(out, 'mine');
      else mkdirSync(out);
      const args = /** @type {Record<string, string[]>} */ ({
        export: ['export', place.model(), '--out', out],
        explain: ['explain', 'a.jpg', '--model', place.path('model'), '--svg', out, '--backend', 'wasm'],
        report: ['report', place.finishedRun(), '--out', out, '--backend', 'wasm'],
        train: trainArgs(out),
      });
      const ended = await place.dmnn(args[command]);
      promiseRefused(ended, { code: ended.code === 2 ? 2 : 1, says: [/out/] });
      if (isFile) promise(readFileSync(out, 'utf8') === 'mine', 'expected the file as it was');
      else promise(readdirSync(out).length === 0, 'expected the folder as it was');
    },
  })),
];

const planted = ['export', 'train', 'report'].map((command) => ({
  name: `links planted where ${command} writes: never followed`,
  quick: true,
  /** @param {Place} place */
  async run(place) {
    const victim = place.write('victim', 'mine');
    const out = place.path('out');
    mkdirSync(out);
    const model = place.model();
    /** @type {Record<string, { args: string[], names: string[] }>} */
    const cases = {
      export: {
        args: ['export', model, '--out', join(out, 'm.onnx')],
        names: ['.m.onnx.partial', 'm.onnx.partial', 'm.onnx.tmp', '.m.onnx.tmp'],
      },
      train: {
        args: trainArgs(out),
        names: ['.probe', '.config.json.partial', 'config.json.partial', '.config.json.tmp'],
      },
      report: {
        args: ['report', place.finishedRun(), '--out', out, '--backend', 'wasm'],
        names: ['.report.html.partial', 'report.html.partial', '.data.json.partial'],
      },
    };
    for (const name of cases[command].names) symlinkSync(victim, join(out, name));
    promiseDoneOrRefused(await place.dmnn(cases[command].args));
    promise(readFileSync(victim, 'utf8') === 'mine', 'expected the file behind the links as it was');
  },
}));

const HOSTILE = '\u001b[2J\u001b]0;x\u0007\u202ereversed\nline';

/** @type {Record<string, (place: Place) => string[]>} */
const named = {
  'a run folder': (place) => {
    const run = place.finishedRun('plain');
    const hostile = place.path(HOSTILE);
    renameSync(run, hostile);
    return [...trainArgs(hostile)];
  },
  'a run folder that is not there': (place) => ['eval', place.path(HOSTILE), '--backend', 'wasm'],
  'a run to report': (place) => {
    renameSync(place.finishedRun('plain'), place.path(HOSTILE));
    return ['report', place.path(HOSTILE), '--out', 'pages', '--backend', 'wasm'];
  },
  'an image': (place) => {
    place.write(HOSTILE, photographs()[0].subarray(0, 400));
    return ['predict', HOSTILE, '--model', place.model(), '--backend', 'wasm'];
  },
  'a recipe': (place) => {
    place.write(`${HOSTILE}.json`, JSON.stringify({ name: HOSTILE, [HOSTILE]: HOSTILE }));
    return ['train', '--recipe', `${HOSTILE}.json`, '--out', 'run'];
  },
  'weights to import': (place) => {
    place.write(HOSTILE, 'no weights');
    return ['import', HOSTILE, '--model', 'resnet18', '--out', 'm'];
  },
  data: (place) => {
    place.write(`data/train/${HOSTILE}/a.jpg`, photographs()[0]);
    place.write(`data/val/${HOSTILE}/a.jpg`, photographs()[0]);
    return ['train', '--recipe', 'imagenet-resnet50', '--data', 'imagenet=data', '--out', 'run', '--dry-run'];
  },
  'an option': () => ['train', '--recipe', HOSTILE, '--out', HOSTILE, `--${HOSTILE}`],
  'an output': (place) => ['export', place.model(), '--out', join(place.path('nowhere'), HOSTILE, 'm.onnx')],
};

const hostile = Object.entries(named).map(([name, make]) => ({
  name: `${name} named with what a terminal would obey: printed harmlessly`,
  quick: /folder$|image|recipe|weights/.test(name),
  /** @param {Place} place */
  async run(place) {
    const args = make(place);
    for (const more of [[], ['--json']]) {
      const ended = await place.dmnn([...args, ...more]);
      promise(!ended.hung && ended.signal === null, `expected it to end: ${endOf(ended)}`);
      promiseReadable(ended);
      promise(!/^line/m.test(ended.out + ended.err), `expected the line end to be printed: ${endOf(ended)}`);
    }
    promise(existsSync(place.folder), 'expected its folder to stay');
  },
}));

/** What writes, without where to. @param {Place} place @returns {Record<string, string[]>} */
function writing(place) {
  place.write('a.jpg', photographs()[0]);
  return {
    export: ['export', place.model(), '--no-verify', '--out'],
    explain: ['explain', 'a.jpg', '--model', place.path('model'), '--backend', 'cpu', '--svg'],
    report: ['report', place.finishedRun(), '--out'],
    train: trainArgs(''),
    import: ['import', 'none.safetensors', '--model', 'resnet18', '--out'],
    eval: ['eval', place.path('finished'), '--latencies'],
  };
}

const noPlace = ['export', 'explain', 'report', 'train', 'import', 'eval'].map((command) => ({
  name: `${command} to an empty path, as of a variable that is not set: refused, nothing written`,
  quick: /export|train/.test(command),
  /** @param {Place} place */
  async run(place) {
    const args = writing(place)[command];
    const before = readdirSync(place.folder).sort();
    const ended = await place.dmnn(command === 'train' ? args : [...args, '']);
    promiseRefused(ended, { code: 2, says: [/--(out|svg|latencies): expected a value, got an empty one/] });
    promise(readdirSync(place.folder).sort().join() === before.join(), 'expected no new file');
  },
}));

const toProc = ['report', 'train'].map((command) => ({
  name: `${command} into a file system that takes no folders: refused before the work`,
  quick: true,
  /** @param {Place} place */
  async run(place) {
    if (process.platform !== 'linux') place.skip('/proc is of Linux');
    const out = '/proc/dmnn/out';
    const args = command === 'train' ? trainArgs(out) : [...writing(place).report, out];
    const ended = await place.dmnn(args);
    promiseRefused(ended, { says: [/--out \/proc\/dmnn\/out: expected a folder that can be made/] });
    promise(!/step|images/.test(ended.err), `expected no work: ${endOf(ended)}`);
  },
}));

const toNothing = ['report', 'train'].map((command) => ({
  name: `${command} into a link to a folder that is not there: refused before the work`,
  quick: true,
  /** @param {Place} place */
  async run(place) {
    symlinkSync('not-mounted/runs', place.path('link'));
    const out = place.path('link');
    const args = command === 'train' ? trainArgs(out) : [...writing(place).report, out];
    const ended = await place.dmnn(args);
    promiseRefused(ended, { says: [/--out .*link: expected a folder, got a link that leads to nothing/] });
    promise(!/step|images/.test(ended.err), `expected no work: ${endOf(ended)}`);
  },
}));

/** @type {readonly Fault[]} */
export default [...kinds, ...noPlace, ...toNothing, ...toProc, ...planted, ...hostile];
