// Our reader of ONNX files, which reads the description in a file's metadata and leaves the graph to ONNX Runtime,
// against Python's protobuf and json. The other reader of the bytes is ONNX Runtime itself, which is not ours.
import { createArchitecture } from '@dmnn/backbones';
import { exportOnnx, readDescription } from '@dmnn/onnx';
import { initialWeights } from '@dmnn/weights';

const METADATA = 14; // ModelProto.metadata_props
const text = (/** @type {string} */ value) => new TextEncoder().encode(value);

const pieces = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '1',
    '0',
    '-',
    '.5',
    '1e3',
    '1e999',
    'null',
    'true',
    'false',
    '""',
    '[]',
  ],
  ...[
    '"format":1,',
    '"classes":4,',
    '"cpuLanes":4,',
    '"cpuLanes":8,',
    '"frozenGates":[[true]],',
    '"extra":[1],',
  ],
  ...['"classNames":["a"],', '"preparation":null,', '\\u00e9', '\\ud800', 'é', '\u2028', '\ufeff', ' ', '\\'],
].map(text);

/** @type {import('./frame/target.mjs').Target} */
export default {
  bases: () => {
    const written = (
      /** @type {string} */ name,
      /** @type {import('@dmnn/onnx').ExportOptions} */ options,
    ) => {
      const architecture = createArchitecture(name, { classes: 4, imageSizePx: 8 });
      const weights = initialWeights(architecture, { seed: 1 });
      return joined(exportOnnx({ architecture, weights }, options));
    };
    const dynamic = 'dmnn-cifar-resnet8-0.125-n2';
    const facts = {
      classNames: ['tench', '鯉', 'a "quoted" one', ''],
      preparation: { shorterSidePx: 9, channelMeans: [0.5, 0.25, 0], channelDeviations: [0.2, 1e-3, 3] },
    };
    const plain = written(dynamic, {});
    const entry = (/** @type {Uint8Array} */ key, /** @type {Uint8Array} */ value) =>
      field(METADATA, joined(field(1, key), field(2, value)));
    const description = text(JSON.stringify(readDescription(plain)));
    return [
      { name: 'dynamic', bytes: plain },
      { name: 'static', bytes: written('cifar-resnet8-0.125', {}) },
      { name: 'frozen', bytes: written(dynamic, { frozenGates: [1, 0, 1].map((on) => [on === 1, true]) }) },
      { name: 'of 8 lanes, with facts', bytes: written(dynamic, { cpuLanes: 8, ...facts }) },
      { name: 'of one sub-block a block', bytes: written('convnet-aig-cifar-resnet8-0.125', facts) },
      {
        name: 'metadata last, among others',
        bytes: joined(field(7, text('graph')), entry(text('a'), text('b')), entry(text('dmnn'), description)),
      },
      { name: 'description twice', bytes: joined(plain, entry(text('dmnn'), description)), refused: true },
      {
        name: 'of another program',
        bytes: joined(field(2, text('pytorch')), field(7, text('graph'))),
        refused: true,
      },
    ];
  },
  read({ bytes, passed }) {
    try {
      return canonical(readDescription(bytes));
    } catch (error) {
      if (!/got other bytes/.test(String(error))) passed();
      throw error;
    }
  },
  oracle: { file: 'onnx.oracle.py', name: "Python's protobuf and json" },
  hot: (bytes) => [[0, Math.min(bytes.length, 600)]],
  changes: [
    // the text of an entry, with lengths that fit
    (bytes, random) =>
      inMetadata(bytes, (value) => {
        const from = random.below(value.length + 1);
        const to = random.chance(0.5) ? from : from + random.below(12);
        return joined(value.subarray(0, from), random.pick(pieces), value.subarray(to));
      }),
    // a digit for another one
    (bytes, random) =>
      inMetadata(bytes, (value) => {
        const digits = [...value.keys()].filter((i) => value[i] >= 0x30 && value[i] <= 0x39);
        if (digits.length === 0) return value;
        const result = value.slice();
        result[random.pick(digits)] = 0x30 + random.below(10);
        return result;
      }),
    // a field of its own, of any number and wire type
    (bytes, random) => {
      const own = Uint8Array.from({ length: 1 + random.below(12) }, () => random.below(256));
      const added = random.chance(0.5) ? own : field(random.below(20), own);
      return random.chance(0.5) ? joined(added, bytes) : joined(bytes, added);
    },
  ],
};

/** @param {Uint8Array[]} parts */
function joined(...parts) {
  return new Uint8Array(Buffer.concat(parts)); // and no Buffer, whose slices are not copies
}

/** A length-delimited field. @param {number} number @param {Uint8Array} value */
function field(number, value) {
  return joined(varint(number * 8 + 2), varint(value.length), value);
}

/** @param {number} value */
function varint(value) {
  /** @type {number[]} */
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** Changes the value of the first entry of the metadata; the bytes as they are if there is none. @param {Uint8Array} bytes @param {(value: Uint8Array) => Uint8Array} change */
function inMetadata(bytes, change) {
  const start = Buffer.from(bytes).indexOf('{"format"');
  const head = Buffer.from(bytes)
    .subarray(0, Math.max(start, 0))
    .lastIndexOf(Uint8Array.from([METADATA * 8 + 2]));
  if (start < 0 || head < 0) return bytes;
  const length = (/** @type {number} */ at) => {
    let [value, read] = [0, at];
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[read++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80 || shift > 28) return { value, read };
    }
  };
  const entry = length(head + 1);
  const end = entry.read + entry.value;
  if (end > bytes.length || end < start) return bytes;
  const changed = joined(field(1, text('dmnn')), field(2, change(bytes.subarray(start, end))));
  return joined(bytes.subarray(0, head), field(METADATA, changed), bytes.subarray(end));
}

/** Numbers as the bits of a 64-bit float, objects as lists in order: the same text on both sides only for equal values. @param {unknown} value @returns {unknown} */
function canonical(value) {
  if (typeof value === 'number') {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return { number: view.getBigUint64(0).toString(16).padStart(16, '0') };
  }
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, canonical(each)]);
  return { object: entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) };
}
