// Safetensors files against Python's safetensors: the same names, element types, shapes, values and metadata.
// Our reader is laxer nowhere: what Python refuses and it reads is a failure. It is stricter on purpose in what `stricter`
// lists, and nowhere else: refused files are compared too.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SafetensorsError, readSafetensorsFile } from '@dmnn/weights';
import {
  damagedHeader,
  soundFiles,
} from '../../packages/weights/dist/safetensors/fixtures/mutate-safetensors.js';

/** Files that PyPI's safetensors wrote. @type {Record<string, string>} */
const written = JSON.parse(
  readFileSync(
    new URL('../../packages/weights/src/safetensors/fixtures/safetensors.json', import.meta.url),
    'utf8',
  ),
);

/** @param {string} header @param {Uint8Array | number[]} [data] */
function file(header, data = []) {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

/** Tensors one after the other; data that are all different. @param {[name: string, dtype: string, shape: number[], width: number][]} tensors @param {object} [metadata] */
function tensorsFile(tensors, metadata) {
  let end = 0;
  const entries = tensors.map(([name, dtype, shape, width]) => {
    const begin = end;
    end += shape.reduce((product, length) => product * length, width);
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const header = { ...(metadata && { __metadata__: metadata }), ...Object.fromEntries(entries) };
  return file(
    JSON.stringify(header),
    Uint8Array.from({ length: end }, (_, i) => (i * 37 + 11) & 255),
  );
}

const one = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
/** Every bit pattern of a half float that matters: zeros, subnormals, one, infinities and NaNs. */
const halves = [0, 0x8000, 1, 0x03ff, 0x0400, 0x3c00, 0xc100, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0xfe01];
const doubles = Float64Array.of(0.1, -0, 1e300, -1e300, 2 ** -1074, NaN, Infinity, 1 + 2 ** -24);

/** @type {import('./frame/target.mjs').Target} */
export default {
  bases: () => [
    ...soundFiles().map((bytes, i) => ({ name: `written here, ${i}`, bytes })),
    ...['mixed', 'halves'].map((name) => ({
      name: `written by Python, ${name}`,
      bytes: new Uint8Array(Buffer.from(written[name] ?? '', 'hex')),
    })),
    {
      name: 'every element type',
      bytes: tensorsFile(
        [
          ['f64', 'F64', [2, 2], 8],
          ['i64', 'I64', [2], 8],
          ['f32', 'F32', [3, 1, 2], 4],
          ['i32', 'I32', [2], 4],
          ['f16', 'F16', [4, 2], 2],
          ['bf16', 'BF16', [7], 2],
          ['u8', 'U8', [5], 1],
        ],
        { format: 'pt' },
      ),
    },
    {
      name: 'half floats',
      bytes: file(`{"a":{"dtype":"F16","shape":[12],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[3,4],"data_offsets":[24,48]}}`, new Uint8Array(Uint16Array.from([...halves, ...halves]).buffer)), // prettier-ignore
    },
    {
      name: 'doubles',
      bytes: file(`{"a":{"dtype":"F64","shape":[8],"data_offsets":[0,64]}}`, new Uint8Array(doubles.buffer)),
    },
    {
      name: 'scalars and empty tensors',
      bytes: tensorsFile([
        ['before', 'F32', [0], 4],
        ['scalar', 'I64', [], 8],
        ['between', 'F16', [3, 0, 2], 2],
        ['half', 'F16', [], 2],
        ['after', 'U8', [0, 0], 1],
      ]),
    },
    {
      name: 'names and metadata in Unicode',
      bytes: tensorsFile(
        [
          ['größe', 'U8', [2], 1],
          ['重み.0', 'F32', [1], 4],
          ['\u{1f600}', 'U8', [1], 1],
          ['\uffff', 'U8', [1], 1],
          ['a"\\\n\0', 'U8', [1], 1],
          ['', 'U8', [1], 1],
          ['__proto__x', 'U8', [1], 1],
        ],
        { Übung: '\u{1f600} "x"\\', 'a\tb': '', empty: '{"shape":[1.0]}' },
      ),
    },
    { name: 'names by escapes', bytes: file(`{"\\u00e9\\ud83d\\ude00\\/":${one}} `, [1]) },
    {
      name: 'spaces',
      bytes: file(`{ "a" :\n${one.replace(/[:,]/g, '$& ')}\t, "__metadata__" : { } }   `, [1]),
    },
    {
      name: 'in another order than the data',
      bytes: file('{"a":{"data_offsets":[4,6],"shape":[2],"dtype":"U8"},"b":{"shape":[2,2],"dtype":"U8","data_offsets":[0,4]}}', [1, 2, 3, 4, 5, 6]), // prettier-ignore
    },
    { name: 'no tensor', bytes: file('{}') },
    {
      name: 'booleans',
      bytes: tensorsFile([
        ['a', 'F32', [2], 4],
        ['b', 'BOOL', [3], 1],
      ]),
      refused: true,
    },
    {
      name: 'other element types that are not read',
      bytes: tensorsFile([
        ['c64', 'C64', [1], 8],
        ['u64', 'U64', [1], 8],
        ['u32', 'U32', [2], 4],
        ['u16', 'U16', [2], 2],
        ['i16', 'I16', [2], 2],
        ['i8', 'I8', [3], 1],
        ['f8', 'F8_E4M3', [3], 1],
      ]),
      refused: true,
    },
    { name: 'a name twice', bytes: file(`{"a":${one},"a":${one}}`, [1]), refused: true },
    {
      name: 'metadata that are null',
      bytes: file(`{"__metadata__":null,"a":${one}}`, [1]),
      refused: true,
    },
    { name: 'a tensor as a list', bytes: file('{"a":["U8",[1],[0,1]]}', [1]), refused: true },
    { name: 'an element type as an object', bytes: file(`{"a":${one.replace('"U8"', '{"U8":null}')}}`, [1]), refused: true }, // prettier-ignore
    { name: 'a length beyond 2⁵³', bytes: file('{"a":{"dtype":"U8","shape":[9007199254740993,0],"data_offsets":[0,0]}}'), refused: true }, // prettier-ignore
    { name: 'nested too deep', bytes: file(`{"a":${one.replace('{', `{"b":${'['.repeat(70)}${']'.repeat(70)},`)}}`, [1]), refused: true }, // prettier-ignore
    { name: 'a space first', bytes: file(` {"a":${one}}`, [1]), refused: true },
    { name: 'a length with a fraction', bytes: file(`{"a":${one.replace('[1]', '[1.0]')}}`, [1]), refused: true }, // prettier-ignore
    { name: 'half a character', bytes: file(`{"\\ud800":${one}}`, [1]), refused: true },
  ],
  read({ bytes, passed }) {
    try {
      const { tensors, metadata, dtypes } = readSafetensorsFile(bytes);
      const sorted = (/** @type {any[]} */ rows) => rows.sort(([a], [b]) => (a < b ? -1 : 1));
      return {
        tensors: sorted(
          [...tensors].map(([name, { shape, data }]) => [name, dtypes.get(name), shape, digest(data, dtypes.get(name))]), // prettier-ignore
        ),
        metadata: sorted([...metadata]),
      };
    } catch (error) {
      // the text of the header is JSON, and its entries are read
      if (error instanceof SafetensorsError && PAST_HEADER.has(error.fault)) passed();
      if (error instanceof SafetensorsError && error.message.includes(': ends at')) passed();
      throw error;
    }
  },
  oracle: { file: 'safetensors.oracle.py', name: "Python's safetensors" },
  stricter: [
    // booleans, 8 and 16 bits, unsigned ones, complex numbers: a network has no use for them, and no array type holds some
    { name: 'element types without use here', message: /expected a dtype of [^:]*, got "[A-Z0-9_]+"/ },
    // Rust's serde has its own forms of a type (`{"U8":null}`) and of a struct (`["U8",[1],[0,1]]`), which the format has not
    { name: "serde's other spellings", message: /expected a dtype of [^:]*, got an object|expected an object, got \[/ }, // prettier-ignore
    // Rust keeps the last of two: what a file means must not depend on the reader
    { name: 'keys that appear twice', message: /appears twice/ },
    // a misspelt or a newer key would be passed over
    { name: 'other keys of a tensor', message: /expected dtype, shape, data_offsets, got/ },
    // the format says so: "must begin with {"
    { name: 'spaces before the header', message: /expected a header that begins with \{/ },
    { name: 'metadata that are null', message: /__metadata__: expected an object of strings/ },
    // numbers that JavaScript does not have: of a length only if another one is 0; Rust's end at 2⁶⁴
    { name: 'numbers beyond 2⁵³', message: /its size overflows|expected a number that|expected a shape of whole numbers, got \[[\d,]*\d{16}/ }, // prettier-ignore
    // in other keys of a tensor, which Rust passes over unread
    { name: 'nested deeper than 64 levels', message: /at most 64 levels/ },
  ],
  hot: (bytes) => [[0, headerEnd(bytes)]],
  changes: [
    // of the header's text, by what it means: most break a rule
    headerChange,
    headerChange,
    headerChange,
    // a file that is as valid as before, with other contents
    validChange,
    validChange,
    validChange,
    // in the data, a byte or an element
    (bytes, random) => {
      const [result, from] = [bytes.slice(), headerEnd(bytes)];
      if (from < bytes.length) result[from + random.below(bytes.length - from)] = random.below(256);
      return result;
    },
    (bytes, random) => {
      const from = headerEnd(bytes);
      return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(from + random.below(9))]);
    },
    // a character of the header for another one of it: often still JSON
    (bytes, random) => {
      const [result, end] = [bytes.slice(), headerEnd(bytes)];
      if (end > 8) result[8 + random.below(end - 8)] = bytes[8 + random.below(end - 8)] ?? 0;
      return result;
    },
    (bytes, random) => {
      const digits = [...bytes.subarray(0, headerEnd(bytes)).keys()].filter((i) => i >= 8 && (bytes[i] ?? 0) >= 0x30 && (bytes[i] ?? 0) <= 0x39); // prettier-ignore
      const result = bytes.slice();
      if (digits.length > 0) result[random.pick(digits)] = 0x30 + random.below(10);
      return result;
    },
  ],
  // the size of the header, which most changes of its length break
  repair(bytes) {
    const end = objectEnd(bytes);
    if (end === undefined) return bytes;
    const result = bytes.slice();
    new DataView(result.buffer).setBigUint64(0, BigInt(end - 8), true);
    return result;
  },
};

const PAST_HEADER = new Set(['overlap', 'hole', 'trailing-bytes']);

/** @type {import('./frame/changes.mjs').Change} */
function headerChange(bytes, random) {
  return damagedHeader(bytes, (bound) => random.below(bound));
}

const SAME_WIDTH = [
  ['F64', 'I64'],
  ['F32', 'I32'],
  ['F16', 'BF16'],
  ['U8', 'BOOL'],
];
const NAMES = [
  'a',
  'b.weight',
  'größe',
  '\u{1f600}',
  '\uffff',
  '',
  'constructor',
  'a"\\',
  '1',
  '0',
  'x'.repeat(90),
];

/** @type {import('./frame/changes.mjs').Change} */
function validChange(bytes, random) {
  const end = headerEnd(bytes);
  /** @type {[string, any][]} */
  let entries;
  try {
    entries = Object.entries(JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))));
  } catch {
    return bytes;
  }
  let data = [...bytes.subarray(end)];
  const tensors = entries.filter(([, entry]) => Array.isArray(entry?.data_offsets));
  const [, entry] = tensors.length > 0 ? random.pick(tensors) : ['', undefined];
  const kind = random.below(7);
  if (kind === 0) entries.sort(() => random.below(3) - 1);
  else if (kind === 1 && entries.length > 0) random.pick(entries)[0] = random.pick(NAMES);
  else if (kind === 2) entries.push(['__metadata__', { [random.pick(NAMES)]: random.pick(NAMES) }]);
  else if (kind === 3 && entry) {
    const same = SAME_WIDTH.find((each) => each.includes(entry.dtype)) ?? [entry.dtype];
    entry.dtype = random.pick(same);
  } else if (kind === 4 && Array.isArray(entry?.shape)) {
    entry.shape = random.chance(0.5) ? entry.shape.reverse() : [1, ...entry.shape];
  } else if (kind === 5) {
    const added = Array.from({ length: random.below(9) }, () => random.below(256));
    const offsets = [data.length, data.length + added.length];
    entries.push([`new${random.below(99)}`, { dtype: 'U8', shape: [added.length], data_offsets: offsets }]);
    data = [...data, ...added];
  } else data = data.map((byte) => (random.chance(0.2) ? random.below(256) : byte));
  return file(JSON.stringify(Object.fromEntries(entries)), data);
}

/** Where the header ends by its size; the end of the file, if that is beyond it. @param {Uint8Array} bytes */
function headerEnd(bytes) {
  if (bytes.length < 8) return bytes.length;
  const size = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return Math.min(bytes.length, 8 + Number(size));
}

/** Where the object that begins after the size ends, with spaces behind it. @param {Uint8Array} bytes */
function objectEnd(bytes) {
  let [depth, quoted] = [0, false];
  for (let at = 8; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quoted && byte === 0x5c) at++;
    else if (byte === 0x22) quoted = !quoted;
    else if (!quoted && byte === 0x7b) depth++;
    else if (!quoted && byte === 0x7d && --depth <= 0) {
      while (bytes[at + 1] === 0x20) at++;
      return at + 1;
    }
  }
  return undefined;
}

/** Of the bytes of the values; every NaN that was converted is the same one. @param {import('@dmnn/weights').WeightTensor['data']} data @param {string | undefined} dtype */
function digest(data, dtype) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof Float32Array && (dtype === 'F16' || dtype === 'F64')) {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (const [i, value] of data.entries()) if (Number.isNaN(value)) bits[i] = 0x7fc00000;
  }
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
