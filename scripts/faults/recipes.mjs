// Recipes and settings that are damaged, hostile or impossible: refused before anything is computed, with the place.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { trainArgs } from './frame/bases.mjs';
import { promise, promiseRefused } from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const good = { model: { name: 'cifar-resnet8' }, data: 'built-in', epochs: 1, batchSize: 8 };

/** @param {object} changes */
const recipe = (changes) => JSON.stringify({ ...good, ...changes });

/** @type {Record<string, [string | Uint8Array | ((place: Place, path: string) => void), RegExp]>} */
const files = {
  empty: ['', /recipe/],
  'that is cut off': [recipe({}).slice(0, 40), /recipe/],
  'that is a list': ['[]', /recipe/],
  'of null': ['null', /recipe/],
  'nested 100,000 deep': ['['.repeat(100_000), /recipe/],
  'with a key twice': ['{"epochs": 1, "epochs": 2}', /epochs/],
  'with an unknown key': [recipe({ epoch: 3 }), /epoch/],
  'with __proto__': ['{"__proto__": {"epochs": 1}}', /recipe/],
  'with text for a number': [recipe({ epochs: 'many' }), /epochs/],
  'with 1e999 epochs': [recipe({}).replace('"epochs":1', '"epochs":1e999'), /1e999/],
  'with a fraction of a batch': [recipe({ batchSize: 1.5 }), /batchSize/],
  'with −1 epochs': [recipe({ epochs: -1 }), /epochs/],
  'that is UTF-16': [Buffer.from(recipe({}), 'utf16le'), /recipe/],
  'that is no UTF-8': [Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), /recipe/],
  'of zeros': [new Uint8Array(1000), /recipe/],
  'that is a folder': [(_, path) => mkdirSync(path), /recipe/],
  'that is a pipe': [
    (place, path) => {
      if (spawnSync('mkfifo', [path]).status !== 0) place.skip('mkfifo is not here');
    },
    /recipe/,
  ],
  'that is an endless device': [(_, path) => symlinkSync('/dev/zero', path), /recipe/],
  'that is not there': [() => undefined, /recipe/],
};

const fromFiles = Object.entries(files).map(([name, [content, says]]) => ({
  name: `a recipe ${name}: refused by name`,
  quick: /cut|twice|1e999|deep|pipe|device|UTF-16/.test(name),
  /** @param {Place} place */
  async run(place) {
    if (typeof content === 'function') content(place, place.path('recipe.json'));
    else place.write('recipe.json', content);
    const args = ['train', '--recipe', 'recipe.json', '--out', 'run', '--backend', 'wasm'];
    const ended = await place.dmnn(args, { seconds: 60 });
    promiseRefused(ended, { code: ended.code === 2 ? 2 : 1, says: [says] });
    promise(!existsSync(place.path('run')), 'expected no run folder, got one');
  },
}));

/** @type {Record<string, [Record<string, string>, RegExp]>} */
const settings = {
  'imageSizePx=1e9': [{ imageSizePx: '1e9' }, /imageSizePx/],
  'imageSizePx=1e999': [{ imageSizePx: '1e999' }, /imageSizePx/],
  'imageSizePx=0': [{ imageSizePx: '0' }, /imageSizePx/],
  'batchSize=1e9': [{ batchSize: '1e9' }, /batchSize/],
  'epochs=1e300': [{ epochs: '1e300' }, /epochs/],
  'learningRate.from=NaN': [{ 'learningRate.from': 'NaN' }, /learningRate\.from/],
  'learningRate.from=1e999': [{ 'learningRate.from': '1e999' }, /learningRate\.from/],
  'gating.targetRate=2': [{ 'gating.targetRate': '2' }, /targetRate/],
  'a path that is not there': [{ 'gating.rate.of.what': '1' }, /gating\.rate/],
  'a path through __proto__': [{ '__proto__.epochs': '1' }, /__proto__/],
  'a network that is not there': [{ 'model.name': 'dmnn-cifar-resnet9-n2' }, /resnet9/],
  'a network of a million layers': [{ 'model.name': 'dmnn-cifar-resnet6000002-n2' }, /resnet6000002/],
};

const fromSettings = Object.entries(settings).map(([name, [changes, says]]) => ({
  name: `--set ${name}: refused in the dry run and in training`,
  quick: /imageSizePx=1e9|million|NaN|proto/.test(name),
  /** @param {Place} place */
  async run(place) {
    for (const more of [['--dry-run'], []]) {
      const ended = await place.dmnn([...trainArgs(place.path('run'), changes), ...more], { seconds: 60 });
      promiseRefused(ended, { code: ended.code === 2 ? 2 : 1, says: [says] });
      promise(!existsSync(place.path('run')), 'expected no run folder, got one');
    }
  },
}));

/** @type {readonly Fault[]} */
export default [...fromFiles, ...fromSettings];
