// The strict reader of JSON files against Python's json (without duplicate keys).
import { parseJson } from '@dmnn/foundation';

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

const recipe = {
  version: 2,
  data: { name: 'imagenet', directory: 'C:\\data\\Übung', sizePx: 224, augment: 'random-resized-crop' },
  network: { name: 'dmnn-resnet50-n2', options: { subBlocks: [1, 2, 4], scale: 0.25, gated: true } },
  optimizer: { kind: 'sgd', momentum: 0.9, rate: [1e-1, 1e-2, 1e-3], decay: 1e-4, nesterov: false },
  epochs: 90,
  seed: 20260101,
  targets: { flops: 0.5, tolerance: null },
};
const numbers =
  '[0, -0, 1, -1, 0.1, 1e3, 1E+3, 1e-3, 123456789, 9007199254740991, 1.7976931348623157e308, 5e-324]';
const strings =
  '{"":"","a\\"b":"\\\\","\\u00e9":"é","\\ud83d\\ude00":"😀","lone \\ud800":"\\u0000\\n\\t","/":"\\/"}';
const nested = `${'['.repeat(60)}{"a":{"b":[]}}${']'.repeat(60)}`;
const pieces = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '\n', '\u00a0', '\ufeff', '\0', '/* */', '//', "'"],
  ...[
    'null',
    'true',
    'false',
    'NaN',
    'Infinity',
    '-Infinity',
    'undefined',
    'True',
    'None',
    '-',
    '+1',
    '.5',
    '1.',
  ],
  ...['01', '1e999', '-1e999', '1e-999', '12345678901234567890', '9007199254740993', '0x10', '1_000'],
  ...[
    '"\\ud800"',
    '"\\u12"',
    '"\\x41"',
    '"__proto__":1,',
    '"a":1,"a":2',
    '"seed":1,',
    '\u2028',
    '[[[[[[[[',
    ']]]]]]]]',
  ],
].map(bytes);
pieces.push(
  ...[[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xef, 0xbb, 0xbf]].map((b) =>
    Uint8Array.from(b),
  ),
);

/** @type {import('./frame/target.mjs').Target} */
export default {
  bases: () => [
    { name: 'a recipe', bytes: bytes(JSON.stringify(recipe, undefined, 2)) },
    { name: 'a recipe on one line', bytes: bytes(JSON.stringify(recipe)) },
    {
      name: 'a list of gates',
      bytes: bytes(JSON.stringify(Array.from({ length: 20 }, (_, i) => [i % 2 === 0, i / 7]))),
    },
    { name: 'numbers', bytes: bytes(numbers) },
    { name: 'strings', bytes: bytes(strings) },
    { name: 'nested', bytes: bytes(nested) },
    { name: 'with a byte order mark', bytes: bytes(`\ufeff${JSON.stringify(recipe)}`) },
    { name: 'a duplicate key', bytes: bytes('{"a":{"b":1,"c":2,"b":3}}'), refused: true },
    { name: 'nested too deep', bytes: bytes('['.repeat(1000)), refused: true },
  ],
  read({ bytes, passed }) {
    if (/^[\s\ufeff]*[[{]/.test(new TextDecoder().decode(bytes))) passed();
    return canonical(parseJson(bytes));
  },
  oracle: { file: 'json.oracle.py', name: "Python's json" },
  changes: [
    (bytes, random, at) => {
      const [from, piece] = [at(random), random.pick(pieces)];
      const to = random.chance(0.5) ? from : from + random.below(8);
      return Uint8Array.from([...bytes.subarray(0, from), ...piece, ...bytes.subarray(to)]);
    },
    // a character of the text for another one of it: often still JSON
    (bytes, random, at) => {
      const result = bytes.slice();
      if (result.length > 0) result[at(random)] = bytes[at(random)];
      return result;
    },
    // a digit
    (bytes, random) => {
      const digits = [...bytes.keys()].filter((i) => bytes[i] >= 0x30 && bytes[i] <= 0x39);
      if (digits.length === 0) return bytes;
      const result = bytes.slice();
      result[random.pick(digits)] = 0x30 + random.below(10);
      return result;
    },
  ],
};

/** Numbers as the bits of a 64-bit float, objects as lists in order: the same text on both sides only for equal values. @param {unknown} value @returns {unknown} */
function canonical(value) {
  if (typeof value === 'number') {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return { number: view.getBigUint64(0).toString(16).padStart(16, '0') };
  }
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  // keys that are numbers come first in JavaScript
  const entries = Object.entries(value).map(([key, each]) => [key, canonical(each)]);
  return { object: entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) };
}
