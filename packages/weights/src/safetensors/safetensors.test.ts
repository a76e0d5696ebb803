import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import files from './fixtures/safetensors.json' with { type: 'json' };
import { readSafetensors, readSafetensorsFile } from './read-safetensors.js';
import { SafetensorsError, type SafetensorsFault } from './safetensors-error.js';
import { encodeUtf8 } from '@dmnn/foundation';
import type { WeightTensor, Weights } from '../weights.js';
import { writeSafetensors } from './write-safetensors.js';

const fromHex = (text: string) =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));

/** A file of any header and data. */
function file(header: unknown, data: number[] | Uint8Array = []): Uint8Array {
  const text = encodeUtf8(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function faultOf(bytes: Uint8Array): SafetensorsFault | undefined {
  try {
    readSafetensors(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof SafetensorsError) return error.fault;
    throw error;
  }
}

it('names the file, if it has one', () => {
  expect(() => readSafetensors(new Uint8Array(3))).toThrow(/^safetensors: expected at least 8 bytes, got 3$/);
  const reading = (): unknown => readSafetensors(new Uint8Array(3), { file: 'run/best/weights.safetensors' });
  expect(reading).toThrow(/^run\/best\/weights\.safetensors: expected at least 8 bytes, got 3$/);
  expect(reading).toThrow(expect.objectContaining({ fault: 'too-short', name: 'SafetensorsError' }));
});

const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'U8') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("PyPI's safetensors", () => {
  const mixed = fromHex(files.mixed);

  it('writes files that are read here', () => {
    const { tensors, metadata } = readSafetensorsFile(mixed);
    expect([...metadata]).toEqual([['format', 'pt']]);
    // as in pytorch_oracle.py
    expect(new Map(tensors)).toEqual(
      new Map<string, WeightTensor>([
        ['count', { dtype: 'I64', shape: [2], data: BigInt64Array.of(2n ** 40n, -7n) }],
        ['a.bias', { dtype: 'F32', shape: [2], data: Float32Array.of(1.5, -2.25) }],
        ['b.weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(-1, -0.75, -0.5, -0.25, 0, 0.25) }],
        ['empty', { dtype: 'F32', shape: [0, 3], data: new Float32Array() }],
        ['scalar', { dtype: 'F32', shape: [], data: Float32Array.of(0.5) }],
        ['index', { dtype: 'I32', shape: [2, 1], data: Int32Array.of(3, -4) }],
        ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 127, 255) }],
      ]),
    );
  });

  it('writes the same bytes as written here, for any order of tensors', () => {
    const reversed = new Map([...readSafetensors(mixed)].reverse());
    expect(writeSafetensors(reversed, { format: 'pt' })).toEqual(mixed);
  });

  it("is read from a view into other bytes, Node's Buffer too", () => {
    // readFile of a small file returns a slice of a pool, whose own slice() does not copy
    const pool = new Uint8Array(mixed.length + 16).fill(255);
    pool.set(mixed, 7);
    class Pooled extends Uint8Array {
      override slice(begin?: number, end?: number): Uint8Array<ArrayBuffer> {
        return this.subarray(begin, end);
      }
    }
    expect(readSafetensors(new Pooled(pool.buffer, 7, mixed.length))).toEqual(readSafetensors(mixed));
  });

  it('writes half floats that are read here as float32', () => {
    const tensors = readSafetensors(fromHex(files.halves));
    // 6e-8 and 6.1e-5 are the subnormals 1·2⁻²⁴ and 1023·2⁻²⁴ of binary16
    expect([...tensors.get('half')!.data]).toEqual([
      0,
      -0,
      1,
      -2.5,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      Infinity,
      -Infinity,
    ]);
    expect([...tensors.get('brain')!.data]).toEqual([1, -3.140625, 2 ** 100]);
    expect(tensors.get('half')!.dtype).toBe('F32');
  });
});

describe('a double', () => {
  it('becomes the nearest float32, and the original dtype is reported', () => {
    const doubles = Float64Array.of(0.1, -1e300, 2 ** -1074);
    const bytes = file({ a: entry([3], 0, 24, 'F64') }, new Uint8Array(doubles.buffer));
    const { tensors, dtypes } = readSafetensorsFile(bytes);
    expect(tensors.get('a')).toEqual({
      dtype: 'F32',
      shape: [3],
      data: Float32Array.of(Math.fround(0.1), -Infinity, 0),
    });
    expect([...dtypes]).toEqual([['a', 'F64']]);
  });
});

describe('a half float', () => {
  it('may be NaN', () => {
    const bytes = file({ a: entry([1], 0, 2, 'F16') }, [0x01, 0x7e]);
    expect(readSafetensors(bytes).get('a')!.data[0]).toBeNaN();
  });
});

const tensors: fc.Arbitrary<WeightTensor> = fc
  .record({
    dtype: fc.constantFrom('F32', 'I32', 'I64', 'U8'),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  })
  .chain(({ dtype, shape }) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return fc.uint8Array({ minLength: 8 * size, maxLength: 8 * size }).map(({ buffer }): WeightTensor => {
      if (dtype === 'F32') return { dtype, shape, data: new Float32Array(buffer, 0, size) };
      if (dtype === 'I32') return { dtype, shape, data: new Int32Array(buffer, 0, size) };
      if (dtype === 'I64') return { dtype, shape, data: new BigInt64Array(buffer, 0, size) };
      return { dtype: 'U8', shape, data: new Uint8Array(buffer, 0, size) };
    });
  });
const names = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => name !== '__metadata__');

describe('writeSafetensors and readSafetensors', () => {
  it('are inverses, for any tensors, names and metadata', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, tensors), { maxLength: 5 }),
        fc.dictionary(names, fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
        (list, metadata) => {
          const weights: Weights = new Map(list);
          const back = readSafetensorsFile(writeSafetensors(weights, metadata));
          expect(new Map(back.metadata)).toEqual(new Map(Object.entries(metadata)));
          expect(new Set(back.tensors.keys())).toEqual(new Set(weights.keys()));
          for (const [name, { dtype, shape, data }] of weights) {
            const tensor = back.tensors.get(name)!;
            expect([tensor.dtype, tensor.shape]).toEqual([dtype, shape]);
            // bit by bit: NaN has many
            const bits = (array: WeightTensor['data']) =>
              new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
            expect(bits(tensor.data)).toEqual(bits(data));
          }
        },
      ),
    );
  });

  it('reads a part of a larger buffer, at any offset, and shares no memory with it', () => {
    const bytes = writeSafetensors(new Map([['a', { dtype: 'F32', shape: [1], data: Float32Array.of(5) }]]));
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    const data = readSafetensors(larger.subarray(3)).get('a')!.data;
    larger.fill(0);
    expect(data[0]).toBe(5);
  });

  it('detects every truncated and every longer file', () => {
    const bytes = writeSafetensors(
      new Map([['a', { dtype: 'F32', shape: [2], data: Float32Array.of(5, 6) }]]),
      { made: 'here' },
    );
    for (let length = 0; length < bytes.length; length++)
      expect(faultOf(bytes.subarray(0, length))).toMatch(/truncated|too-short/);
    expect(faultOf(Uint8Array.of(...bytes, 0))).toBe('trailing-bytes');
  });

  it('throws no other errors for arbitrary bytes', () => {
    const bytes = writeSafetensors(
      new Map([['a', { dtype: 'F32', shape: [2], data: Float32Array.of(5, 6) }]]),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 9), fc.nat(255), (at, value) => {
        const broken = bytes.slice();
        broken[at] = value;
        faultOf(broken); // anything but a SafetensorsError is thrown on
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.json(), fc.uint8Array(), (header, data) => void faultOf(file(header, data))));
  });
});

describe('readSafetensors', () => {
  it.each<[string, Uint8Array, SafetensorsFault]>([
    ['no file', new Uint8Array(7), 'too-short'],
    ['a header larger than is allowed', Uint8Array.of(1, 225, 245, 5, 0, 0, 0, 0), 'header-size'],
    ['a size beyond what a number can hold', new Uint8Array(8).fill(255), 'header-size'],
    ['a header beyond the end', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123), 'truncated'],
    ['an empty header', file(''), 'header-text'],
    ['a header that begins with a space', file(' {}'), 'header-text'],
    ['a header that is not UTF-8', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 123, 255), 'header-text'],
    ['no JSON', file('{'), 'header-json'],
    ['JSON and more', file('{} {}'), 'header-json'],
    [
      'a tensor twice',
      file('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":1}', [0]),
      'duplicate-key',
    ],
    ['a key of a tensor twice', file('{"a":{"dtype":"U8","dtype":"U8"}}'), 'duplicate-key'],
    ['the same key in other letters', file('{"a":1,"\\u0061":1}'), 'duplicate-key'],
    ['metadata that are no object', file({ __metadata__: [] }), 'metadata'],
    ['a metadata value that is a number', file({ __metadata__: { epoch: 1 } }), 'metadata'],
    ['a tensor that is no object', file({ a: 1 }), 'tensor-entry'],
    ['a tensor with another key', file({ a: { ...entry([], 0, 1), extra: 1 } }, [0]), 'tensor-entry'],
    ['an unknown element type', file({ a: entry([], 0, 8, 'C64') }, [0, 0, 0, 0, 0, 0, 0, 0]), 'dtype'],
    [
      'an element type that is a property of all objects',
      file({ a: entry([], 0, 1, 'toString') }, [0]),
      'dtype',
    ],
    ['no element type', file({ a: { shape: [], data_offsets: [0, 1] } }, [0]), 'dtype'],
    ['a negative length', file({ a: entry([-1], 0, 1) }, [0]), 'shape'],
    ['a broken length', file({ a: entry([0.5], 0, 1) }, [0]), 'shape'],
    ['a shape that is no list', file({ a: entry(1, 0, 1) }, [0]), 'shape'],
    ['a size that overflows', file({ a: entry([2 ** 30, 2 ** 30], 0, 1) }, [0]), 'shape'],
    ['a size that overflows before it is zero', file({ a: entry([2 ** 40, 2 ** 40, 0], 0, 0) }), 'shape'],
    ['a length of minus zero', file('{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'), 'shape'],
    [
      'an offset beyond 2⁵³',
      file('{"a":{"dtype":"U8","shape":[],"data_offsets":[9007199254740992,9007199254740993]}}'),
      'header-json',
    ],
    // Rust's safetensors, and so Python's, takes neither of these
    [
      'a length with a fraction',
      file('{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', [0]),
      'header-json',
    ],
    [
      'an offset with an exponent',
      file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1e0]}}', [0]),
      'header-json',
    ],
    [
      'half a character in a name',
      file('{"a\\ud800":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', [0]),
      'header-text',
    ],
    ['half a character in the name of metadata', file('{"__metadata__":{"\\udc00":"x"}}'), 'header-text'],
    ['half a character in metadata', file('{"__metadata__":{"a":"\\ud800b"}}'), 'header-text'],
    ['one offset', file({ a: { dtype: 'U8', shape: [], data_offsets: [0] } }, [0]), 'offsets'],
    ['an offset that is text', file({ a: entry([], '0', 1) }, [0]), 'offsets'],
    ['offsets backwards', file({ a: entry([], 1, 0) }, [0]), 'offsets'],
    ['too few bytes for a shape', file({ a: entry([2], 0, 1) }, [0]), 'offsets'],
    ['tensors that overlap', file({ a: entry([2], 0, 2), b: entry([2], 1, 3) }, [0, 0, 0]), 'overlap'],
    ['a tensor inside another', file({ a: entry([3], 0, 3), b: entry([1], 1, 2) }, [0, 0, 0]), 'overlap'],
    ['a hole at the start', file({ a: entry([1], 1, 2) }, [0, 0]), 'hole'],
    ['a hole between two', file({ a: entry([1], 0, 1), b: entry([1], 2, 3) }, [0, 0, 0]), 'hole'],
    ['data cut short', file({ a: entry([2], 0, 2) }, [0]), 'truncated'],
    ['data too long', file({ a: entry([1], 0, 1) }, [0, 0]), 'trailing-bytes'],
  ])('refuses %s', (_, bytes, fault) => {
    expect(faultOf(bytes)).toBe(fault);
  });

  it('names the tensor and carries a code', () => {
    expect(() => readSafetensors(file({ 'stem.weight': entry([2], 0, 1) }, [0]))).toThrow(
      /^safetensors: stem\.weight: expected 2 bytes for U8 \[2\], got 1 \(0 to 1\)/,
    );
    expect(() => readSafetensors(new Uint8Array())).toThrow(
      expect.objectContaining({ code: 'DMNN_SAFETENSORS' }),
    );
  });

  it('reads and rejects names of any length, with messages of limited length', () => {
    const name = 'n'.repeat(12e6);
    expect([...readSafetensors(file({ [name]: entry([0], 0, 0) })).keys()]).toEqual([name]);
    // a regular expression may need more memory for escapes than there is
    const escapes = file(`{"${'\\\\n'.repeat(12e6)}":${JSON.stringify(entry([0], 0, 0))}}`);
    expect(readSafetensors(escapes).size).toBe(1);
    for (const broken of [{ [name]: entry([1], 0, 0) }, { a: entry([name], 0, 0) }]) {
      let message = '';
      try {
        readSafetensors(file(broken));
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message.length).toBeGreaterThan(100);
      expect(message.length).toBeLessThan(400);
    }
  });

  it('takes 100,000 tensors, and refuses more before it parses them', () => {
    const empty = (count: number): Uint8Array =>
      file(Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, entry([0], 0, 0)])));
    expect(readSafetensors(empty(100_000)).size).toBe(100_000);
    expect(() => readSafetensors(empty(100_002))).toThrow(
      'expected at most 100000 tensors, got about 100002',
    );
    expect(() => readSafetensors(empty(100_001))).toThrow('expected at most 100000 tensors, got 100001');
    expect(readSafetensors(file({ ['{'.repeat(200_000)]: entry([0], 0, 0) })).size).toBe(1);
    expect(readSafetensors(file({ [`"\\${'{'.repeat(200_000)}`]: entry([0], 0, 0) })).size).toBe(1);
    const data = new Float32Array(0);
    const many = new Map(
      Array.from({ length: 100_001 }, (_, i) => [`t${i}`, { dtype: 'F32' as const, shape: [0], data }]),
    );
    expect(() => writeSafetensors(many)).toThrow('weights: expected at most 100000 tensors, got 100001');
  });

  it('cuts what comes from a file, and neither its name nor the broken rule', () => {
    const name = 'n'.repeat(10_000);
    const path = `${'folder/'.repeat(100)}a.safetensors`;
    expect(() => readSafetensors(file({ [name]: entry([1], 0, 2) }, [1, 2]), { file: path })).toThrow(
      /^(folder\/){100}a\.safetensors: n{100}… \(10000 characters\): expected 1 bytes for U8 \[1\], got 2 \(0 to 2\)$/,
    );
  });

  it('calls a file of another format what it is', () => {
    const pointer = encodeUtf8('version https://git-lfs.github.com/spec/v1\nsize 9\n');
    expect(() => readSafetensors(pointer, { file: 'a.safetensors' })).toThrow(
      /^a\.safetensors: expected a safetensors file, got a Git LFS pointer/,
    );
  });

  it('repeats no control characters of a file', () => {
    expect(() => readSafetensors(file({ '\u001b[2J\n': 1 }))).toThrow(
      /: \\u001b\[2J\\u000a: expected an object/,
    );
  });

  it('takes names and metadata that look like such numbers', () => {
    const header = {
      'a": 1.5e3': entry([], 0, 1),
      __metadata__: { note: '[1.0, \\"1e0\\", \\\\]', '\u{1f600}': '\\' },
    };
    const { tensors, metadata } = readSafetensorsFile(file(header, [7]));
    expect([...tensors.keys()]).toEqual(['a": 1.5e3']);
    expect(Object.fromEntries(metadata)).toEqual(header.__metadata__);
  });

  it('accepts a header padded with spaces and a name that is a property of all objects', () => {
    const bytes = file(`{"__proto__":${JSON.stringify(entry([1], 0, 1))}}   `, [9]);
    expect([...readSafetensors(bytes)]).toEqual([
      ['__proto__', { dtype: 'U8', shape: [1], data: Uint8Array.of(9) }],
    ]);
  });
});

describe('writeSafetensors', () => {
  const write =
    (name: string, tensor: Partial<Record<keyof WeightTensor, unknown>>, metadata?: unknown) => () =>
      writeSafetensors(
        new Map([[name, { dtype: 'F32', shape: [1], data: Float32Array.of(1), ...tensor } as WeightTensor]]),
        metadata as { [key: string]: string },
      );

  it.each([
    ['a reserved name', write('__metadata__', {})],
    ['half a character in a name', write('\ud800', {})],
    ['a shape that is not that of the data', write('a', { shape: [2] })],
    ['a broken shape', write('a', { shape: [1.5] })],
    ['an element type it does not know', write('a', { dtype: 'F64' })],
    ['an array of another element type', write('a', { data: Float64Array.of(1) })],
    ['metadata that are no text', write('a', {}, { epoch: 1 })],
  ])('refuses %s', (_, run) => {
    expect(run).toThrow(expect.objectContaining({ fault: 'not-writable' }));
  });

  it('aligns data, so that a reader need not copy', () => {
    const bytes = writeSafetensors(
      new Map<string, WeightTensor>([
        ['b', { dtype: 'U8', shape: [1], data: Uint8Array.of(1) }],
        ['a', { dtype: 'I64', shape: [1], data: BigInt64Array.of(1n) }],
      ]),
    );
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
    expect([...readSafetensors(bytes).keys()]).toEqual(['a', 'b']);
  });
});
