// Data sets that are damaged, hostile or not what they are taken for: class folders, tar, parquet, CIFAR-100.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openImagenet } from '@dmnn/data';
import { dataFixture, onPhotographs, photographs, writePhotographs } from './frame/pieces.mjs';
import { promise, promiseDone, promiseDoneOrRefused, promiseRefused } from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

/**
 * @param {string} name @param {boolean} quick
 * @param {(place: Place) => void} make folder `data`
 * @param {readonly RegExp[]} says
 */
const refused = (name, quick, make, says) => ({
  name: `${name}: refused by name`,
  quick,
  /** @param {Place} place */
  async run(place) {
    make(place);
    const ended = await place.dmnn(onPhotographs(), { seconds: 90 });
    promiseRefused(ended, { code: ended.code === 2 ? 2 : 1, says });
  },
});

/** @type {readonly Fault[]} */
const folders = [
  refused('a folder that is not there', true, () => undefined, [/data/]),
  refused('an empty folder', true, (place) => mkdirSync(place.path('data')), [/data/]),
  refused('a file instead of a folder', false, (place) => place.write('data', 'x'), [/data/]),
  refused(
    'class folders without images',
    true,
    (place) => {
      for (const split of ['train', 'val'])
        mkdirSync(place.path('data', split, 'n01440764'), { recursive: true });
    },
    [/data/],
  ),
  refused(
    'classes of unknown names',
    false,
    (place) => {
      for (const split of ['train', 'val']) place.write(`data/${split}/cats/a.jpg`, photographs()[0]);
    },
    [/cats/],
  ),
  refused(
    'no validation images',
    true,
    (place) => (writePhotographs(place), rmSync(place.path('data', 'val'), { recursive: true })),
    [/val/],
  ),
  {
    name: 'a link in a circle among class folders: no hang',
    quick: true,
    async run(place) {
      writePhotographs(place);
      symlinkSync('..', place.path('data/train/n01440764/loop'));
      promiseDoneOrRefused(await place.dmnn(onPhotographs('--dry-run'), { seconds: 60 }));
    },
  },
  {
    name: 'files that are no images and hidden ones among class folders: counted and named, passed over',
    quick: true,
    async run(place) {
      writePhotographs(place);
      place.write('data/train/n01440764/._0.JPEG', 'x');
      place.write('data/train/n01440764/notes.txt', 'x');
      promiseDone(await place.dmnn(onPhotographs('--dry-run')), [/passed over|left out|\.txt/]);
    },
  },
];

const BLOCK = 512;

/** A tar archive: name and bytes of each member. @param {readonly (readonly [string, Uint8Array | string])[]} members */
function tar(members, { size = (/** @type {number} */ bytes) => bytes, end = true } = {}) {
  const parts = members.flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(BLOCK);
    header.write(name, 0, 'latin1');
    header.write('0000644\0' + '0000000\0'.repeat(2), 100, 'latin1');
    header.write(`${size(bytes.length).toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, 124, 'latin1');
    header.fill(0x20, 148, 156);
    header.write('0ustar\u000000', 156, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return [header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...parts, Buffer.alloc(end ? 2 * BLOCK : 0)]);
}
const shard = () =>
  photographs()
    .slice(0, 6)
    .flatMap(
      (bytes, n) =>
        /** @type {const} */ ([
          [`${n}.jpg`, bytes],
          [`${n}.cls`, String(n)],
        ]),
    );

/** @type {Record<string, () => Uint8Array>} */
const badTars = {
  'cut in a member': () => tar(shard()).subarray(0, 3000),
  'of zeros': () => new Uint8Array(10_240),
  'whose first member has a size beyond the end': () => tar(shard().slice(0, 1), { size: () => 8 ** 11 - 1 }),
  'with a header whose sum is wrong': () => tar(shard()).fill(0x41, BLOCK * 7, BLOCK * 7 + 20),
  'with a label that is no number': () => tar([...shard(), ['9.jpg', photographs()[0]], ['9.cls', 'cat']]),
  'with a label of −1': () => tar([...shard(), ['9.jpg', photographs()[0]], ['9.cls', '-1']]),
  'with one name twice and two labels': () => tar([...shard(), ...shard().slice(0, 1), ['0.cls', '7']]),
  'with images and no labels': () => tar(shard().filter(([name]) => name.endsWith('jpg'))),
  'that is a gzipped text': () => gzipSync('no archive'),
  'that is gzipped and cut': () => gzipSync(tar(shard())).subarray(0, 2000),
  'of one archive in another': () => tar([['n01440764.tar', tar(shard())]]),
};

/**
 * Opens a split and reads every image: typed errors, in time.
 *
 * @param {string} folder
 * @param {'train' | 'test'} split
 */
async function readAll(folder, split = 'train') {
  const began = performance.now();
  try {
    const files = await openImagenet(folder, split);
    for (let n = 0; n < files.size; n++) await files.read(n);
    return { images: files.size, seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    return { error: /** @type {any} */ (error), images: 0, seconds: (performance.now() - began) / 1000 };
  }
}

const tars = Object.entries(badTars).map(([name, make]) => ({
  name: `a tar archive ${name}: a typed error with the file`,
  quick: /cut|number|in another/.test(name),
  /** @param {Place} place */
  async run(place) {
    place.write('data/train-0000.tar', make());
    const { error, seconds } = await readAll(place.path('data'));
    promise(error !== undefined, 'expected an error, got images');
    promise(/^DMNN_/.test(error.code), `expected a typed error, got ${error.stack}`);
    promise(/train-0000/.test(error.message), `expected the file in the message, got ${error.message}`);
    promise(seconds < 30, `expected it within 30 s, took ${seconds.toFixed(0)}`);
    return error.message.split('\n')[0].slice(-160);
  },
}));

const parquets = Object.entries(
  /** @type {Record<string, { file: string }>} */ (dataFixture('parquet-cases').refused),
)
  .filter(([name]) => /NaN|null|1000|unknown|without image|disagree|lists/.test(name))
  .map(([name, { file }]) => ({
    name: `a parquet file with ${name}: a typed error with the file`,
    quick: /NaN|image/.test(name),
    /** @param {Place} place */
    async run(place) {
      place.write('data/train-00000.parquet', inflateSync(Buffer.from(file, 'base64')));
      const { error } = await readAll(place.path('data'));
      promise(/^DMNN_/.test(error?.code), `expected a typed error, got ${error?.stack ?? 'images'}`);
      promise(/train-00000/.test(error.message), `expected the file in the message, got ${error.message}`);
    },
  }));

const goodParquet = () =>
  inflateSync(Buffer.from(Object.values(dataFixture('parquet-cases').read)[0].file, 'base64'));

/** @type {Record<string, () => Uint8Array>} */
const badParquets = {
  empty: () => new Uint8Array(),
  'of zeros': () => new Uint8Array(4096),
  'cut in its middle': () => goodParquet().subarray(0, 700),
  'without its beginning': () => goodParquet().subarray(100),
  'whose footer claims 2³¹ bytes': () => {
    const bytes = Buffer.from(goodParquet());
    bytes.writeUInt32LE(2 ** 31, bytes.length - 8);
    return bytes;
  },
};
const damagedParquets = Object.entries(badParquets).map(([name, make]) => ({
  name: `a parquet file ${name}: a typed error with the file`,
  quick: /footer|middle/.test(name),
  /** @param {Place} place */
  async run(place) {
    place.write('data/train-00000.parquet', make());
    const { error } = await readAll(place.path('data'));
    promise(/^DMNN_/.test(error?.code), `expected a typed error, got ${error?.stack ?? 'images'}`);
    promise(/train-00000/.test(error.message), `expected the file in the message, got ${error.message}`);
  },
}));

/** @type {Record<string, (place: Place) => void>} */
const badCifars = {
  'that is not there': () => undefined,
  'cut off': (place) => {
    place.write('cifar/train.bin', new Uint8Array(3074 * 10 + 5));
    place.write('cifar/test.bin', new Uint8Array(3074));
  },
  'with a class of 255': (place) => {
    place.write('cifar/train.bin', new Uint8Array(3074 * 50_000).fill(255));
    place.write('cifar/test.bin', new Uint8Array(3074 * 10_000));
  },
};
const cifars = Object.entries(badCifars).map(([name, make]) => ({
  name: `a CIFAR-100 ${name}: refused by name`,
  quick: name === 'cut off',
  /** @param {Place} place */
  async run(place) {
    make(place);
    const args = [
      'train',
      '--recipe',
      'cifar-resnet20',
      '--data',
      'cifar100=cifar',
      '--out',
      'run',
      '--backend',
      'wasm',
    ];
    promiseRefused(await place.dmnn(args), { says: [/cifar/] });
  },
}));

/** Whole campaigns of changed files, as `npm run fuzz` has them. */
const fuzzed = ['safetensors', 'tar', 'parquet', 'jpeg', 'onnx', 'json'].map((target) => ({
  name: `changed files for the reader of ${target}: typed errors in time`,
  quick: false,
  /** @param {Place} place */
  async run(place) {
    const script = fileURLToPath(new URL('../fuzz.mjs', import.meta.url));
    const args = [
      script,
      target,
      '--mutations',
      '1000',
      '--seed',
      '22',
      '--processes',
      '1',
      '--compare',
      '0',
    ];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: place.folder });
    promise(status === 0, stdout);
    return stdout.trim().split('\n').at(-1);
  },
}));

/** @type {Fault} */
const archive = {
  name: 'tar archives of the fixtures, each with its end cut off: typed errors or what is whole',
  async run(place) {
    const archives = /** @type {Record<string, { gzip: string }>} */ (dataFixture('tar-archives'));
    for (const [name, { gzip }] of Object.entries(archives)) {
      const bytes = gunzipSync(Buffer.from(gzip, 'base64'));
      rmSync(place.path('data'), { recursive: true, force: true });
      place.write('data/train-0.tar', '');
      writeFileSync(place.path('data/train-0.tar'), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
      const { error } = await readAll(place.path('data'));
      promise(
        error === undefined || /^DMNN_/.test(error.code),
        `${name}: expected a typed error, got ${error?.stack}`,
      );
    }
  },
};

/** @type {readonly Fault[]} */
export default [...folders, ...tars, archive, ...parquets, ...damagedParquets, ...cifars, ...fuzzed];
