// TensorFlow.js's model.json with one file of weights, against NumPy by the documented form: the same weights by name, shape and
// values. A file of the campaign is both, one after the other: the length of the JSON in 4 bytes, the JSON, the weights.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { KerasFileError, networkOfKerasFile, readKerasFile } from '@dmnn/import';

/** Written by packages/import/scripts/keras-files.py. @type {{ models: Record<string, { file: { json?: string, shards?: Record<string, string> } }> }} */
const written = JSON.parse(
  readFileSync(new URL('../../packages/import/src/keras/fixtures/keras-files.json', import.meta.url), 'utf8'),
);
const SHARD = 'group1-shard1of1.bin';
const unpacked = (/** @type {string} */ text) => inflateSync(Buffer.from(text, 'base64'));

/** @param {Uint8Array} json @param {Uint8Array} data */
function joined(json, data) {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return new Uint8Array(Buffer.concat([length, json, data]));
}

/** @param {Uint8Array} bytes */
function parted(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 4 ? 0 : Math.min(view.getUint32(0, true), bytes.length - 4);
  return { json: bytes.subarray(4, 4 + length), data: bytes.subarray(4 + length) };
}

const names = [
  'resnet json',
  'resnet json of keras 2',
  'resnet json of halves',
  'resnet json of uint8',
  'resnet json of uint16',
];

/** @type {import('./frame/target.mjs').Target} */
export default {
  bases: () =>
    names.map((name) => {
      const { json = '', shards = {} } = written.models[name]?.file ?? {};
      return { name, bytes: joined(unpacked(json), unpacked(shards[SHARD] ?? '')) };
    }),
  async read({ bytes, passed }) {
    const { json, data } = parted(bytes);
    let file;
    try {
      file = await readKerasFile({ json, shards: new Map([[SHARD, data]]) });
    } catch (error) {
      if (error instanceof KerasFileError && ['layers', 'shards', 'weights'].includes(error.fault)) passed();
      throw error;
    }
    passed();
    try {
      networkOfKerasFile(file); // whose result has no independent reader, but which must end
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
    const weights = file.layers.flatMap(({ name, weights: own }) =>
      [...own].map(([weight, { shape, data: values }]) => [`${name}/${weight}`, shape, digest(values)]),
    );
    return { weights: weights.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) };
  },
  oracle: { file: 'model-json.oracle.py', name: 'NumPy' },
  hot: (bytes) => [[0, 4 + parted(bytes).json.length]],
  changes: [
    // text of the JSON for other text of it, or a number; its length is set right again
    (bytes, random) => {
      const { json, data } = parted(bytes);
      if (json.length === 0) return bytes;
      const [from, to] = [random.below(json.length), random.below(json.length)];
      const piece = json.subarray(to, to + 1 + random.below(12));
      const changed = Buffer.concat([json.subarray(0, from), piece, json.subarray(Math.min(json.length, from + (random.chance(0.5) ? piece.length : 0)))]); // prettier-ignore
      return joined(changed, data);
    },
    (bytes, random) => {
      const { json, data } = parted(bytes);
      const text = Buffer.from(json).toString('latin1');
      const found = [...text.matchAll(random.chance(0.5) ? /\d+/g : /"[\w/ -]{1,30}"/g)];
      if (found.length < 2) return bytes;
      const [one, other] = [random.pick(found), random.pick(found)];
      const piece = random.chance(0.3) ? random.pick(['0', '-1', '1e9', '4294967296', 'null', '[]', '"Lambda"', '0.5']) : other[0]; // prettier-ignore
      const at = one.index ?? 0;
      return joined(Buffer.from(text.slice(0, at) + piece + text.slice(at + one[0].length), 'latin1'), data);
    },
    (bytes, random) => {
      const { json, data } = parted(bytes);
      const changed = Buffer.from(data);
      if (changed.length === 0) return bytes;
      if (random.chance(0.3)) return joined(json, changed.subarray(0, random.below(changed.length)));
      changed[random.below(changed.length)] = random.below(256);
      return joined(json, changed);
    },
  ],
  repair: (bytes) => bytes,
};

/** Of the bits; every NaN is the same one. @param {import('@dmnn/weights').WeightTensor['data']} data */
function digest(data) {
  const values = Float32Array.from(/** @type {Float32Array} */ (data));
  const bits = new Uint32Array(values.buffer);
  for (const [i, value] of values.entries()) if (Number.isNaN(value)) bits[i] = 0x7fc00000;
  return createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex').slice(0, 16);
}
