// Images that are damaged, hostile or none: named and skipped, never a stack, and the others are classified.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { onPhotographs, photographs, writePhotographs } from './frame/pieces.mjs';
import { promise, promiseDone, promiseRefused } from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const photograph = photographs()[0];

/** @param {(bytes: Buffer) => void} change */
function changed(change) {
  const bytes = Buffer.from(photograph);
  change(bytes);
  return bytes;
}

/** Where a segment of the header begins. @param {number} marker */
const segment = (marker) => photograph.indexOf(Buffer.from([0xff, marker]));

/** @type {Record<string, (place: Place, path: string) => Uint8Array | void>} */
const bad = {
  'an empty file': () => new Uint8Array(),
  'a photograph cut in its header': () => photograph.subarray(0, 100),
  'a photograph cut in its pixels': () => photograph.subarray(0, photograph.length >> 1),
  'a photograph whose second half is another marker': () =>
    changed((bytes) =>
      bytes.fill(0xd8, bytes.length >> 1).fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 1),
    ),
  'a photograph of 65,535 × 65,535': () =>
    changed((bytes) => bytes.fill(0xff, segment(0xc0) + 5, segment(0xc0) + 9)),
  'a photograph of no pixels': () => changed((bytes) => bytes.fill(0, segment(0xc0) + 5, segment(0xc0) + 9)),
  'a photograph of 255 components': () =>
    changed((bytes) => bytes.fill(0xff, segment(0xc0) + 9, segment(0xc0) + 10)),
  'a photograph without tables of quantisation': () =>
    changed((bytes) => bytes.fill(0, segment(0xdb), segment(0xc0))),
  'a photograph without its scan': () => photograph.subarray(0, segment(0xda)),
  'text with the ending of an image': () => Buffer.from('this is no image'),
  'a PDF': () => Buffer.from('%PDF-1.7 1 0 obj'),
  'a GIF': () => Buffer.from('GIF89a\u0001\u0000\u0001\u0000'),
  'a BMP': () => Buffer.concat([Buffer.from('BM'), new Uint8Array(200)]),
  'a PNG cut off': () => Buffer.from('89504e470d0a1a0a0000000d49484452000010000000100008060000', 'hex'),
  'a folder': (_, path) => mkdirSync(path),
  'a link to nowhere': (_, path) => symlinkSync('nowhere', path),
  'a link to itself': (_, path) => symlinkSync('bad.jpg', path),
  'a pipe that nobody writes into': (place, path) => {
    if (spawnSync('mkfifo', [path]).status !== 0) place.skip('mkfifo is not here');
  },
  'an endless device': (_, path) => symlinkSync('/dev/zero', path),
};

const quick = /pixels|65,535|text|nowhere|pipe|endless/;

const predicted = Object.entries(bad).map(([name, make]) => ({
  name: `${name} among images: named, the others are classified`,
  quick: quick.test(name),
  /** @param {Place} place */
  async run(place) {
    const path = place.path('bad.jpg');
    const bytes = make(place, path);
    if (bytes) place.write('bad.jpg', bytes);
    for (const good of ['a.jpg', 'z.jpg']) place.write(good, photographs()[1]);
    const args = [
      'predict',
      'a.jpg',
      'bad.jpg',
      'z.jpg',
      '--model',
      place.model(),
      '--backend',
      'wasm',
      '--json',
    ];
    const ended = await place.dmnn(args, { seconds: 90 });
    // a folder of images is one of the forms; an empty one has none
    promiseRefused(ended, {
      code: ended.code === 0 && name === 'a folder' ? 0 : 1,
      says: [/bad\.jpg/],
      seconds: 60,
    });
    for (const good of ['a.jpg', 'z.jpg'])
      promise(ended.out.includes(good), `expected ${good} to be classified, got ${ended.out.slice(0, 300)}`);
  },
}));

/** @type {readonly Fault[]} */
const trained = [
  {
    name: 'a damaged image among those that are trained on: skipped, named in bad-images.jsonl',
    quick: true,
    async run(place) {
      writePhotographs(place);
      place.write('data/train/n01440764/cut.JPEG', photograph.subarray(0, 500));
      const ended = await place.dmnn(onPhotographs());
      promiseDone(ended, [/cut\.JPEG/]);
      const listed = readFileSync(place.path('run', 'bad-images.jsonl'), 'utf8');
      promise(listed.includes('cut.JPEG'), `expected it in the list, got ${listed}`);
    },
  },
  {
    name: 'more damaged images than --bad-images: refused, with the files and the option',
    async run(place) {
      writePhotographs(place);
      for (let n = 0; n < 4; n++)
        place.write(`data/train/n01440764/cut${n}.JPEG`, photograph.subarray(0, 500));
      promiseRefused(await place.dmnn(onPhotographs('--bad-images', '1')), {
        says: [/cut\d\.JPEG/, /bad-images/],
      });
    },
  },
  {
    name: 'an image removed while it is trained on: skipped or refused, named',
    async run(place) {
      writePhotographs(place);
      place.write('data/train/n01440764/9.JPEG', photographs()[0]);
      const training = place.start(onPhotographs('--set', 'epochs=6'));
      await training.said(/step/);
      rmSync(place.path('data/train/n01440764/9.JPEG'));
      const ended = await training.ended;
      if (ended.code === 0) promiseDone(ended, [/9\.JPEG/]);
      else promiseRefused(ended, { says: [/9\.JPEG/] });
    },
  },
];

/** @type {readonly Fault[]} */
export default [...predicted, ...trained];
