// Hostile weight files for `dmnn import`: refused with words, within seconds, and nothing is written.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { safetensors } from './frame/pieces.mjs';
import { promise, promiseRefused } from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const tensor = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const numbers = new Uint8Array(8);

/** @type {Record<string, () => Uint8Array>} */
const hostile = {
  'an empty file': () => new Uint8Array(),
  'seven bytes': () => new Uint8Array(7),
  'a header that is longer than the file': () => safetensors({ a: tensor }, numbers, 2n ** 40n),
  'a header of 2⁶³ bytes': () => safetensors({ a: tensor }, numbers, 2n ** 63n),
  'a header that is no JSON': () => safetensors('{"a": ', numbers),
  'a header that is a list': () => safetensors([tensor], numbers),
  'a header nested 100,000 deep': () => safetensors('['.repeat(100_000), numbers),
  'no tensors': () => safetensors({}),
  'a name twice': () => safetensors(`{"a":${JSON.stringify(tensor)},"a":${JSON.stringify(tensor)}}`, numbers),
  'an unknown type of numbers': () => safetensors({ a: { ...tensor, dtype: 'F33' } }, numbers),
  'a negative shape': () => safetensors({ a: { ...tensor, shape: [-2] } }, numbers),
  'a shape of 2⁵³ numbers': () => safetensors({ a: { ...tensor, shape: [2 ** 27, 2 ** 26] } }, numbers),
  'offsets past the end': () => safetensors({ a: { ...tensor, data_offsets: [0, 4096] } }, numbers),
  'offsets in the wrong order': () => safetensors({ a: { ...tensor, data_offsets: [8, 0] } }, numbers),
  'two tensors at the same place': () => safetensors({ a: tensor, b: tensor }, numbers),
  'bytes of no tensor': () => safetensors({ a: tensor }, new Uint8Array(64)),
  '400,000 tensors': () => {
    const names = Array.from({ length: 400_000 }, (_, i) => [
      `t${i}`,
      { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] },
    ]);
    return safetensors(Object.fromEntries(names), new Uint8Array(1_600_000));
  },
  'names that a terminal would obey': () =>
    safetensors(
      { '\u001b[2J\u001b]0;x\u0007': tensor, '\u202ea\nb': { ...tensor, data_offsets: [8, 16] } },
      new Uint8Array(16),
    ),
  'a name of __proto__': () => safetensors(`{"__proto__":${JSON.stringify(tensor)}}`, numbers),
  'a PyTorch file': () => Buffer.from('PK\u0003\u0004 archive/data.pkl'),
};

/** @param {Place} place @param {string} file @param {readonly RegExp[]} says @param {number} seconds */
async function promiseImportRefused(place, file, says, seconds = 30) {
  const args = ['import', file, '--model', 'resnet18', '--out', 'imported'];
  const ended = await place.dmnn(args, { seconds: 3 * seconds });
  // 2: the file that was named is none
  promiseRefused(ended, { code: ended.code === 2 ? 2 : 1, says, seconds });
  promise(!existsSync(place.path('imported')), 'expected no model folder, got one');
}

const quick = /empty|longer|nested|2⁵³|400,000|obey|PyTorch|twice/;

/** @type {readonly Fault[]} */
const content = Object.entries(hostile).map(([name, bytes]) => ({
  name,
  quick: quick.test(name),
  /** @param {Place} place */
  async run(place) {
    writeFileSync(place.path('w.safetensors'), bytes());
    await promiseImportRefused(place, 'w.safetensors', [/safetensors|tensors/]);
  },
}));

/** @type {Record<string, (place: Place, path: string) => void>} */
const kinds = {
  'a folder': (_, path) => mkdirSync(path),
  'a link that leads nowhere': (_, path) => symlinkSync('nowhere', path),
  'a link to itself': (_, path) => symlinkSync('w.safetensors', path),
  'a pipe that nobody writes into': (place, path) => makePipe(place, path),
  'a link to a pipe': (place, path) => {
    makePipe(place, place.path('pipe'));
    symlinkSync('pipe', path);
  },
  '/dev/zero, without an end': (_, path) => symlinkSync('/dev/zero', path),
};

/** @param {Place} place @param {string} path */
function makePipe(place, path) {
  if (spawnSync('mkfifo', [path]).status !== 0) place.skip('mkfifo is not here');
}

const notFiles = Object.entries(kinds).map(([name, make]) => ({
  name,
  quick: /pipe|zero/.test(name),
  /** @param {Place} place */
  async run(place) {
    make(place, place.path('w.safetensors'));
    await promiseImportRefused(place, 'w.safetensors', [/w\.safetensors/]);
  },
}));

/** A file of `torch.save` that has one tensor under many names. @param {number} names */
function torchFile(names) {
  const start = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.';
  const system = '\x80\x02}X\x0d\0\0\0little_endian\x88s.';
  const id = 'X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpuK\x01N';
  const tensor = `ctorch._utils\n_rebuild_tensor\n((${id}tQK\0K\x01\x85K\x01\x85tRq\x01`;
  const others = Array.from({ length: names }, (_, i) => `X\x07\0\0\0${String(i).padStart(7, '0')}h\x01`);
  const value = `\x80\x02}(X\x01\0\0\0b${tensor}${others.join('')}u.`;
  const data = ']X\x01\0\0\0aa.\x01\0\0\0\0\0\0\0\0\0\x80?';
  return Buffer.from(`${start}${system}${value}\x80\x02${data}`, 'latin1');
}

/** @type {Fault} */
const manyNames = {
  name: 'a file of torch.save with 400,000 names of one tensor',
  quick: true,
  async run(place) {
    writeFileSync(place.path('w.pth'), torchFile(400_000));
    await promiseImportRefused(place, 'w.pth', [/expected at most 100000 tensors/]);
  },
};

/** @type {readonly Fault[]} */
export default [...content, ...notFiles, manyNames];
