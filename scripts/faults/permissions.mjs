// Folders and files that may not be read or written, as a user who is not root.
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { trainArgs } from './frame/bases.mjs';
import { command } from './frame/command.mjs';
import { photographs } from './frame/pieces.mjs';
import {
  EXPLAINED,
  contents,
  endOf,
  promise,
  promiseRefused,
  promiseResumes,
  promiseUntouched,
} from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const NOBODY = 65534;
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

/** The program that makes a command obey permissions: none for users who are not root. @param {Place} place */
function obeying(place) {
  if (process.getuid?.() === undefined) place.skip('there are no permission bits here');
  if (process.getuid?.() !== 0) return [];
  const [program, ...rest] = asNobody;
  const asOther = (/** @type {string} */ script) =>
    spawnSync(program, [...rest, process.execPath, '-e', script, command], { cwd: '/' }).status === 0;
  if (!asOther('')) place.skip('root may read everything, and setpriv does not work here');
  if (!asOther('require("node:fs").accessSync(process.argv[1])'))
    place.skip('root may read everything, and other users cannot reach this checkout');
  return asNobody;
}

/** Gives a folder and all in it to the user who runs the command. @param {string} path */
function give(path) {
  if (process.getuid?.() !== 0) return;
  chownSync(path, NOBODY, NOBODY);
  for (const name of readdirSync(path, { recursive: true }))
    chownSync(join(path, String(name)), NOBODY, NOBODY);
}

/**
 * @param {string} name
 * @param {boolean} quick
 * @param {(place: Place) => { args: string[], shut: string, mode: number, says: RegExp, run?: string }} prepare
 * @returns {Fault}
 */
function refused(name, quick, prepare) {
  return {
    name,
    quick,
    async run(place) {
      const before = obeying(place);
      const { args, shut, mode, says, run } = prepare(place);
      const whole = run === undefined ? {} : contents(run);
      give(place.folder);
      for (let path = place.folder; path !== '/'; path = join(path, '..'))
        if (process.getuid?.() === 0 && path.includes('dmnn-faults')) chmodSync(path, 0o755);
      chmodSync(shut, mode);
      const env = { HOME: place.folder };
      const ended = await place.dmnn(args, { before, env });
      chmodSync(shut, 0o755);
      promiseRefused(ended, { code: ended.code === 2 ? 2 : 1, says: [says, EXPLAINED] });
      promise(
        /permi|read|write|access/i.test(ended.err),
        `expected it to say what is not permitted: ${endOf(ended)}`,
      );
      if (run === undefined) return;
      promiseUntouched(run, whole);
      if (args.includes('--resume')) await promiseResumes(place, run);
    },
  };
}

/** @param {Place} place */
function withPhotograph(place) {
  place.write('a.jpg', photographs()[0]);
  return place.model();
}

/** @type {readonly Fault[]} */
export default [
  refused('a run folder that may not be written', true, (place) => {
    const run = place.unfinishedRun();
    return { args: [...trainArgs(run), '--resume'], shut: run, mode: 0o555, says: /run/, run };
  }),
  refused('a run folder that may not be read', true, (place) => {
    const run = place.unfinishedRun();
    return { args: [...trainArgs(run), '--resume'], shut: run, mode: 0o000, says: /run/, run };
  }),
  refused('a folder of checkpoints that may not be written', false, (place) => {
    const run = place.unfinishedRun();
    const shut = join(run, 'checkpoints');
    return { args: [...trainArgs(run), '--resume'], shut, mode: 0o555, says: /run/ };
  }),
  refused('a folder of checkpoints that may not be read', true, (place) => {
    const run = place.unfinishedRun();
    const shut = join(run, 'checkpoints');
    return { args: [...trainArgs(run), '--resume'], shut, mode: 0o000, says: /run/, run };
  }),
  refused('a config.json that may not be read', true, (place) => {
    const run = place.finishedRun();
    const shut = join(run, 'config.json');
    return { args: ['eval', run, '--backend', 'wasm'], shut, mode: 0o000, says: /config\.json|run/, run };
  }),
  refused('a metrics.jsonl that may not be written', false, (place) => {
    const run = place.unfinishedRun();
    const shut = join(run, 'metrics.jsonl');
    return { args: [...trainArgs(run), '--resume'], shut, mode: 0o444, says: /metrics\.jsonl|run/ };
  }),
  refused('weights that may not be read', false, (place) => {
    const run = place.finishedRun();
    const best = join(run, 'best', readdirSync(join(run, 'best'))[0], 'weights.safetensors');
    return { args: ['eval', run, '--backend', 'wasm'], shut: best, mode: 0o000, says: /weights/, run };
  }),
  refused('weights to import that may not be read', true, (place) => {
    const shut = place.write('w.safetensors', new Uint8Array(100));
    return {
      args: ['import', 'w.safetensors', '--model', 'resnet18', '--out', 'm'],
      shut,
      mode: 0o000,
      says: /w\.saf/,
    };
  }),
  refused('a recipe that may not be read', true, (place) => {
    const shut = place.write('r.json', '{}');
    return { args: ['train', '--recipe', 'r.json', '--out', 'run'], shut, mode: 0o000, says: /r\.json/ };
  }),
  refused('an image that may not be read', true, (place) => {
    const model = withPhotograph(place);
    const args = ['predict', 'a.jpg', '--model', model, '--backend', 'wasm'];
    return { args, shut: place.path('a.jpg'), mode: 0o000, says: /a\.jpg/ };
  }),
  refused('data that may not be read', false, (place) => {
    const folder = place.path('data');
    mkdirSync(folder);
    const args = [...['train', '--recipe', 'imagenet-resnet50', '--data', 'imagenet=data', '--out', 'run']];
    return { args, shut: folder, mode: 0o000, says: /data/ };
  }),
  ...['export', 'report', 'explain', 'train'].map((command) =>
    refused(`a folder that may not be written, for ${command}`, command !== 'explain', (place) => {
      const shut = place.path('shut');
      mkdirSync(shut);
      const out = join(shut, 'out');
      const model = withPhotograph(place);
      const args = /** @type {Record<string, string[]>} */ ({
        export: ['export', model, '--out', out],
        report: ['report', place.finishedRun(), '--out', out, '--backend', 'wasm'],
        explain: ['explain', 'a.jpg', '--model', model, '--svg', out, '--backend', 'wasm'],
        train: trainArgs(out),
      });
      return { args: args[command], shut, mode: 0o555, says: /shut/ };
    }),
  ),
  {
    name: 'a native cache that may not be read: another backend, with the reason',
    quick: true,
    async run(place) {
      const before = obeying(place);
      const cache = place.path('cache');
      mkdirSync(join(cache, 'dmnn', 'native'), { recursive: true });
      const model = withPhotograph(place);
      give(place.folder);
      chmodSync(join(cache, 'dmnn'), 0o000);
      const args = ['predict', 'a.jpg', '--model', model];
      const ended = await place.dmnn(args, { before, env: { XDG_CACHE_HOME: cache, HOME: place.folder } });
      chmodSync(join(cache, 'dmnn'), 0o755);
      promise(ended.code === 0, `expected another backend: ${endOf(ended)}`);
      promise(existsSync(cache), 'expected the cache to stay');
    },
  },
];
