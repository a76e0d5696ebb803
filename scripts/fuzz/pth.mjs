// Files of torch.save against PyTorch with weights_only=True: the same tensors, by name, element type, shape and values, from
// the same keys. Nothing of a file is ever run. Our reader is laxer nowhere, and stricter in what `stricter` lists.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32, inflateSync } from 'node:zlib';
import { TorchFileError, readTorchFile } from '@dmnn/import';

/** Written by PyTorch: packages/import/scripts/torch-files.py. @type {{ files: Record<string, { zlib: string, fault?: string }> }} */
const written = JSON.parse(
  readFileSync(new URL('../../packages/import/src/torch/fixtures/torch-files.json', import.meta.url), 'utf8'),
);

/** @type {import('./frame/target.mjs').Target} */
export default {
  bases: () =>
    Object.entries(written.files).map(([name, { zlib, fault }]) => ({
      name,
      bytes: new Uint8Array(inflateSync(Buffer.from(zlib, 'base64'))),
      refused: fault !== undefined,
    })),
  read({ bytes, passed }) {
    try {
      const { tensors, dtypes, under } = readTorchFile(bytes);
      return {
        tensors: [...tensors].map(([name, { shape, data }]) => [name, dtypes.get(name), shape, digest(data, dtypes.get(name))]), // prettier-ignore
        under,
      };
    } catch (error) {
      // the archive is in order, or the first pickles are, and something in the pickle of the tensors is not
      if (error instanceof TorchFileError && !['archive', 'contents', 'truncated'].includes(error.fault))
        passed();
      throw error;
    }
  },
  oracle: { file: 'pth.oracle.py', name: 'PyTorch' },
  stricter: [
    // what a reader takes for a member must not depend on which of its two headers it looks at
    { name: 'archives whose parts disagree', message: /ZIP archive: / },
    // PyTorch writes check sums and does not look at them
    { name: 'wrong check sums', message: /expected the check sum/ },
    // it takes the first description of a storage, whatever the others say
    {
      name: 'a storage with two types or sizes',
      message: /expected one type and size, got two|expected one part by the key/,
    },
    // PyTorch leaves the memory of a storage that is not there as it is, and ignores what follows the last one
    { name: 'storages that are missing, bytes after the last one', message: /expected the numbers of the storage|storage [^:]*: expected (?:\d+ numbers|a part)|expected the end of the file|data\/[^:]*: expected \d+ bytes/ }, // prettier-ignore
    // it makes room, whose numbers are not in the file
    { name: 'tensors beyond their storage', message: /expected numbers within its storage/ },
    // with map_location, PyTorch does not look at the device
    { name: 'ids of storages of another form', message: /id of a storage: expected/ },
    // what Python takes for a whole number, a tuple or a call of these names although PyTorch never writes it so
    {
      name: "other spellings of a tensor's parts",
      message: /_rebuild_|collections\.|torch\.Size|numpy\.|_codecs/,
    },
    {
      name: 'bytes after the end of an archive',
      message: /expected the directory of a ZIP archive at the end/,
    },
    // no checkpoint has them, and PyTorch lets Python decide what they mean
    { name: 'keys that are tuples or objects', message: /as key of a dictionary/ },
    { name: 'halves of characters', message: /expected text in UTF-8/ },
    { name: 'changes of objects that are no dictionaries', message: /expected an object with attributes|expected attributes|expected a dictionary to add to|expected a tuple of arguments|expected a name to call|expected an object with/ }, // prettier-ignore
    { name: 'other names that PyTorch allows', message: /which is code|expected dense tensors|expected a storage of real numbers/ }, // prettier-ignore
    { name: 'more memory than the file accounts for', message: /expected tensors that fit|expected a pickle of at most|many copies of one/ }, // prettier-ignore
    // nobody has such machines any more
    { name: 'big-endian files', message: /byte order: expected little/ },
  ],
  hot: (bytes) => [[0, pickleEnd(bytes)]],
  changes: [inPickle, inPickle, inPickle, inPickle, inPickle, inNumbers],
  repair(bytes) {
    const result = bytes.slice();
    const view = new DataView(result.buffer);
    for (const { entry, from, size } of members(result)) view.setUint32(entry + 16, crc32(result.subarray(from, from + size)), true); // prettier-ignore
    return result;
  },
};

const OPCODES = '\x80cR\x81bQaesu(t)\x85\x86\x87]}N\x88\x89JKM\x8aGXUqrhj.\x8c\x93\x94\x95CB0'.split('').map((each) => each.charCodeAt(0)); // prettier-ignore
const TEXTS = [
  ...['FloatStorage', 'HalfStorage', 'LongStorage', 'BoolStorage', 'ByteStorage', 'DoubleStorage', 'BFloat16Storage'],
  ...['_rebuild_tensor_v2', '_rebuild_tensor', '_rebuild_parameter', '_rebuild_tensor_v3', 'OrderedDict', 'Counter'],
  ...['state_dict', 'model', 'model_ema', 'epoch', 'storage', 'module', 'cpu', 'cuda:0', 'meta', 'weight', 'Size', '0', '1'],
]; // prettier-ignore
const PIECES = [
  'cos\nsystem\n',
  'cbuiltins\neval\n',
  'ctorch\nSize\n',
  'ccollections\nOrderedDict\n',
  'ccollections\nCounter\n',
  'ctorch\nFloatStorage\n',
  'ctorch\nfloat32\n',
  'X\x01\x00\x00\x00ah\x00s',
  'K\x02K\x03\x86',
  '}q\x40(K\x01K\x02u',
  ')R',
  '\x85R',
  'Q',
].map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0)));

/** A change of the pickle of the tensors, in an archive that is made again around it. @type {import('./frame/changes.mjs').Change} */
function inPickle(bytes, random) {
  const parts = members(bytes);
  const pickle = parts.find(({ name }) => name.endsWith('/data.pkl'));
  if (!pickle) return changedPickle(bytes, random, pickleEnd(bytes));
  const from = bytes.subarray(pickle.from, pickle.from + pickle.size);
  const changed = changedPickle(from, random, from.length);
  return archive(
    parts.map((part) => [
      part.name,
      part === pickle ? changed : bytes.subarray(part.from, part.from + part.size),
    ]),
  );
}

/** @param {Uint8Array} bytes @param {import('./frame/random.mjs').Random} random @param {number} end */
function changedPickle(bytes, random, end) {
  if (end === 0) return bytes;
  const at = random.below(end);
  const kind = random.below(8);
  if (kind === 0) return replaced(bytes, at, at + 1, Uint8Array.of(random.pick(OPCODES)));
  if (kind === 1) return replaced(bytes, at, at, random.pick(PIECES));
  if (kind === 2) return replaced(bytes, at, at + random.below(12), new Uint8Array());
  if (kind === 3) return replaced(bytes, at, at, bytes.subarray(at, at + random.below(40)));
  if (kind === 4 || kind === 5) {
    // a small integer: lengths, strides, offsets, counts, memo
    const places = [...bytes.subarray(0, end - 1).keys()].filter(
      (i) => bytes[i] === 0x4b || bytes[i] === 0x68,
    );
    if (places.length === 0) return bytes;
    const place = random.pick(places) + 1;
    return replaced(bytes, place, place + 1, Uint8Array.of(random.chance(0.7) ? random.below(16) : random.below(256))); // prettier-ignore
  }
  // a text for another one, with its length
  const text = Buffer.from(random.pick(TEXTS));
  const latin1 = Buffer.from(bytes.subarray(0, end)).toString('latin1');
  const found = [...latin1.matchAll(/X([^])\0\0\0|\n([A-Za-z_]\w+)\n/g)];
  if (found.length === 0) return bytes;
  const match = random.pick(found);
  const index = match.index ?? 0;
  if (match[2] !== undefined) return replaced(bytes, index + 1, index + 1 + match[2].length, text);
  const length = match[1]?.charCodeAt(0) ?? 0;
  return replaced(bytes, index, index + 5 + length, Uint8Array.of(0x58, text.length, 0, 0, 0, ...text));
}

/** @type {import('./frame/changes.mjs').Change} */
function inNumbers(bytes, random) {
  const from = pickleEnd(bytes);
  const result = bytes.slice();
  if (from < bytes.length) result[from + random.below(bytes.length - from)] = random.below(256);
  return result;
}

/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {Uint8Array} piece */
function replaced(bytes, from, to, piece) {
  return Uint8Array.from([
    ...bytes.subarray(0, from),
    ...piece,
    ...bytes.subarray(Math.min(to, bytes.length)),
  ]);
}

/** Where the pickles end: that of the archive, or those of the older form. @param {Uint8Array} bytes */
function pickleEnd(bytes) {
  const pickle = members(bytes).find(({ name }) => name.endsWith('/data.pkl'));
  if (pickle) return Math.min(bytes.length, pickle.from + pickle.size);
  // the list of storages comes last: ]q\x00(… e.
  const end = Buffer.from(bytes).lastIndexOf('e.');
  return end < 0 ? bytes.length : end + 2;
}

/** By the entries of the directory, as far as they make sense. @param {Uint8Array} bytes */
function members(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  const signature = Buffer.from([0x50, 0x4b, 1, 2]);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (
    let at = buffer.indexOf(signature);
    at >= 0 && at + 46 <= bytes.length;
    at = buffer.indexOf(signature, at + 4)
  ) {
    const [size, header] = [view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
    if (header + 30 > bytes.length) continue;
    const from = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
    if (from + size > bytes.length) continue;
    const name = buffer.subarray(at + 46, at + 46 + view.getUint16(at + 28, true)).toString('latin1');
    found.push({ name, entry: at, from, size });
  }
  return found;
}

/** @param {[name: string, data: Uint8Array][]} parts */
function archive(parts) {
  const [chunks, entries] = [/** @type {Buffer[]} */ ([]), /** @type {Buffer[]} */ ([])];
  let at = 0;
  for (const [name, data] of parts) {
    const title = Buffer.from(name, 'latin1');
    const common = Buffer.alloc(26);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(title.length, 22);
    const header = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common, title, data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    entries.push(Buffer.concat([Buffer.from([0x50, 0x4b, 1, 2, 0, 0]), common, rest, title]));
    chunks.push(header);
    at += header.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...chunks, directory, end]));
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
