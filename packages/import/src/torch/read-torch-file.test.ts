import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { WeightTensor } from '@dmnn/weights';
import * as fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readTorchFile } from './read-torch-file.js';
import { TorchFileError } from './torch-file-error.js';

interface Fixture {
  /** The file, compressed, in base64. */
  readonly zlib: string;
  /** `[name, element type, shape, digest]`, as PyTorch reads them. */
  readonly tensors: readonly (readonly [string, string, readonly number[], string])[];
  readonly under: readonly string[];
  readonly fault?: string;
}

/** Files that PyTorch wrote, with what it reads from them: scripts/torch-files.py. */
const { files } = JSON.parse(readFileSync(new URL('fixtures/torch-files.json', import.meta.url), 'utf8')) as {
  readonly files: { readonly [name: string]: Fixture };
};

const bytesOf = (name: string) => new Uint8Array(inflateSync(Buffer.from(files[name]!.zlib, 'base64')));

/** Of the values; every NaN that was converted is the same one. */
function digest({ data }: WeightTensor, dtype: string): string {
  if (data instanceof Float32Array && (dtype === 'F16' || dtype === 'F64')) {
    const bits = new Uint32Array(data.buffer);
    data.forEach((value, i) => {
      if (Number.isNaN(value)) bits[i] = 0x7fc00000;
    });
  }
  return createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex')
    .slice(0, 16);
}

function errorOf(bytes: Uint8Array): TorchFileError {
  try {
    readTorchFile(bytes);
  } catch (error) {
    if (error instanceof TorchFileError) return error;
    throw error;
  }
  throw new Error('expected an error, got none');
}

/** Python's spelling of a pickle: opcodes as Latin-1. */
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** The older form around a pickle of the value. */
function older(pickle: string, keys = ']', rest = ''): Uint8Array {
  const start = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.';
  const system = '\x80\x02}X\x0d\x00\x00\x00little_endian\x88s.';
  return latin1(`${start}\x80\x02M\xe9\x03.${system}\x80\x02${pickle}.\x80\x02${keys}.${rest}`);
}

describe('readTorchFile', () => {
  const good = Object.entries(files).filter(([, { fault }]) => fault === undefined);
  it.each(good)('reads what PyTorch reads: %s', (name, { tensors, under }) => {
    const file = readTorchFile(bytesOf(name));
    const found = [...file.tensors].map(([key, tensor]) => {
      const dtype = file.dtypes.get(key)!;
      return [key, dtype, tensor.shape, digest(tensor, dtype)];
    });
    expect(found).toEqual(tensors);
    expect(file.under).toEqual(under);
  });

  const bad = Object.entries(files).filter(([, { fault }]) => fault !== undefined);
  it.each(bad)('refuses what has more in it than tensors, or less: %s', (name, { fault }) => {
    const error = errorOf(bytesOf(name));
    expect([error.fault, error.message]).toEqual([
      fault,
      expect.stringMatching(/^torch file: .*expected .*/),
    ]);
  });

  it('lists what it passes over', () => {
    for (const name of ['checkpoint', 'older checkpoint']) {
      const { under, passedOver } = readTorchFile(bytesOf(name));
      expect(under).toEqual(['state_dict']);
      expect(passedOver).toContainEqual({ key: 'epoch', what: 'a number', tensors: 0 });
      expect(passedOver).toContainEqual({ key: 'rng_state', what: 'a tensor', tensors: 1 });
      expect(passedOver).toContainEqual({ key: 'optimizer', what: 'a dictionary', tensors: 3 });
      expect(passedOver).toContainEqual({ key: 'args', what: 'options (argparse.Namespace)', tensors: 0 });
      expect(passedOver).toContainEqual({ key: 'best', what: 'a number of NumPy', tensors: 0 });
    }
    expect(readTorchFile(bytesOf('names')).passedOver.map(({ key }) => key)).toEqual(['5', 'n']);
  });

  it('names sets of weights that are next to each other by their keys', () => {
    const { tensors, under, passedOver } = readTorchFile(bytesOf('two sets'));
    expect(under).toEqual(['model', 'model_ema']);
    expect([...tensors.keys()].filter((name) => name.endsWith('conv.weight'))).toEqual([
      'model.conv.weight',
      'model_ema.conv.weight',
    ]);
    expect(passedOver.map(({ key }) => key)).toEqual(['epoch']);
  });

  it('says what a module, code and TorchScript are, and what to do', () => {
    expect(errorOf(bytesOf('module')).message).toMatch(/whole module, whose class is torch\.nn\.modules\.\w+\.Sequential.*\n.*\.state_dict\(\)/); // prettier-ignore
    expect(errorOf(bytesOf('code')).message).toMatch(/got posix\.system of Python.*Nothing of it was run/);
    expect(errorOf(bytesOf('scripted')).message).toMatch(/TorchScript archive.*\n.*torch\.jit\.load/);
    expect(errorOf(bytesOf('sparse')).message).toContain('a sparse tensor');
    expect(errorOf(bytesOf('protocol 4')).message).toMatch(/FRAME.*\n.*without pickle_protocol/);
  });

  it('ends in a typed error wherever a file is cut short', () => {
    for (const name of ['views', 'older views', 'deflated', 'checkpoint']) {
      const bytes = bytesOf(name);
      fc.assert(
        fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
          expect(errorOf(bytes.subarray(0, length)).code).toBe('DMNN_TORCH_FILE');
        }),
      );
    }
  });

  it('notices every changed byte of the numbers in an archive', () => {
    const bytes = bytesOf('state_dict');
    const at = Buffer.from(bytes).indexOf(Buffer.from(Float32Array.of(1, 1, 1).buffer));
    expect(at).toBeGreaterThan(0);
    const damaged = bytes.slice();
    damaged[at]! ^= 1;
    expect(errorOf(damaged).fault).toBe('checksum');
  });

  it('takes no memory that the file does not account for', () => {
    const storage = 'X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpu';
    const tensor = (count: string, shape: string, strides: string) =>
      `ctorch._utils\n_rebuild_tensor\n((${storage}${count}NtQK\0${shape}${strides}tR`;
    const dict = (value: string) => `}X\x01\0\0\0a${value}s`;
    const one = ']X\x01\0\0\0aa';
    const count = (length: number) => `${String.fromCharCode(length)}\0\0\0\0\0\0\0`;
    // a number that is repeated 2³⁰ times by strides of 0
    const repeated = tensor('K\x01', '(J\0\0\x01\0J\0@\0\0t', 'K\0K\0\x86');
    expect(errorOf(older(dict(repeated), one, `${count(1)}\0\0\x80?`)).fault).toBe('size');
    const few = tensor('K\x01', '(K\x02K\x03t', 'K\0K\0\x86');
    const { tensors } = readTorchFile(older(dict(few), one, `${count(1)}\0\0\x80?`));
    expect(tensors.get('a')?.data.join()).toBe('1,1,1,1,1,1');
    const beyond = tensor('K\x01', 'K\x02\x85', 'K\x01\x85');
    expect(errorOf(older(dict(beyond), one, `${count(1)}\0\0\x80?`)).fault).toBe('tensor');
    const huge = tensor('J\xff\xff\xff\x7f', 'K\x02\x85', 'K\x01\x85');
    expect(errorOf(older(dict(huge), one, count(1))).fault).toBe('storage');
    expect(errorOf(older(dict(few), ']', '')).fault).toBe('storage');
    expect(errorOf(older(dict(few), one, `${count(1)}\0\0\x80?!`)).message).toContain('got 1 more bytes');
    // a list of pairs that a small pickle makes a dictionary of, again and again
    const pairs = `](${'K\x01K\x02\x86'.repeat(200)}eq\x01`;
    const again = `${pairs}ccollections\nOrderedDict\nq\x02${'h\x02h\x01\x85R'.repeat(400)}`;
    expect(errorOf(older(again)).fault).toBe('size');
  });

  it('takes no time that the file does not account for: few tensors, few dimensions, short names', () => {
    const storage = 'X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpu';
    const tensor = (shape: string, strides: string) =>
      `ctorch._utils\n_rebuild_tensor\n((${storage}K\x01NtQK\0${shape}${strides}tR`;
    const one = ']X\x01\0\0\0aa';
    const data = '\x01\0\0\0\0\0\0\0\0\0\x80?';
    const text = (key: string) => `X${String.fromCharCode(key.length & 255, key.length >> 8)}\0\0${key}`;
    const single = tensor('K\x01\x85', 'K\x01\x85');
    // one tensor under many names
    const many = (count: number) =>
      `}(${text('first')}${single}q\x01${Array.from({ length: count - 1 }, (_, i) => `${text(`n${i}`)}h\x01`).join('')}u`;
    expect(readTorchFile(older(many(1000), one, data)).tensors.size).toBe(1000);
    const error = errorOf(older(many(100_001), one, data));
    expect([error.fault, error.message]).toEqual([
      'size',
      expect.stringContaining('expected at most 100000 tensors, got more'),
    ]);
    const ranked = (rank: number) =>
      `}${text('a')}${tensor(`(${'K\x01'.repeat(rank)}t`, `(${'K\0'.repeat(rank)}t`)}s`;
    expect(readTorchFile(older(ranked(64), one, data)).tensors.get('a')?.shape).toHaveLength(64);
    expect(errorOf(older(ranked(65), one, data)).message).toContain('at most 64 dimensions, got 65');
    expect(errorOf(older(`}${text('k'.repeat(1025))}${single}s`, one, data)).message).toContain(
      'expected keys of at most 1024 characters, got one of 1025',
    );
    // keys that Python calls equal are one
    const equal = `}(K\x01${text('x')}\x88${text('y')}G?\xf0${'\0'.repeat(6)}${text('z')}${text('a')}${single}u`;
    expect(readTorchFile(older(equal, one, data)).passedOver).toHaveLength(1);
  });

  it('unpacks no storage that is far larger than the file', () => {
    const id = (count: string) =>
      `(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpuJ${count}tQ`;
    const archive = (numbers: number) =>
      zipSync({
        'archive/data.pkl': latin1(
          `\x80\x02}X\x01\0\0\0actorch._utils\n_rebuild_tensor\n(${id(String.fromCharCode(numbers & 255, (numbers >> 8) & 255, numbers >> 16, 0))}K\0K\x01\x85K\x01\x85tRs.`,
        ),
        'archive/data/a': new Uint8Array(4 * numbers),
        'archive/version': latin1('3\n'),
      });
    expect(readTorchFile(archive(1000)).tensors.get('a')?.data.join()).toBe('0');
    expect(errorOf(archive(2_000_000)).message).toMatch(
      /expected storages that fit a file of \d+ bytes, got 8000000/,
    );
  });

  // PyTorch takes the first part of a key for all; whichever is meant, one of two readers has other numbers
  it('refuses a key that stands for two parts of a storage', () => {
    const bytes = bytesOf('parts of a storage');
    const at = Buffer.from(bytes).indexOf('part4');
    const damaged = bytes.slice();
    damaged[at + 4] = '0'.charCodeAt(0);
    expect(errorOf(damaged).message).toContain('expected one part by the key part0, got two');
  });

  // found by npm run fuzz -- pth: readers give a directory no data, or other memory
  it('refuses members that are directories or elsewhere', () => {
    const bytes = bytesOf('parameters');
    const entry = Buffer.from(bytes).lastIndexOf('archive/data/1') - 46;
    const directory = bytes.slice();
    directory[entry + 38]! |= 0x10;
    expect(errorOf(directory).message).toContain('archive/data/1: expected a file, got a directory');
    const elsewhere = Buffer.from(bytes);
    for (let at = 0; (at = elsewhere.indexOf('archive/version', at)) >= 0; at++) elsewhere[at] = 0x62;
    expect(errorOf(new Uint8Array(elsewhere)).message).toContain(
      'expected all members in archive/, got brchive/version',
    );
  });

  it('calls nothing that a pickle names, and no more than an object that it makes', () => {
    for (const [pickle, name] of [
      ['cos\nsystem\nX\x02\0\0\0ls\x85R', 'os.system'],
      ['c__builtin__\neval\nX\x01\0\0\x001\x85R', '__builtin__.eval'],
      ['ctorch\n__proto__\n)R', 'torch.__proto__'],
      ['ctorch\nconstructor\n)R', 'torch.constructor'],
      ['ccollections\nOrderedDict.fromkeys\n)R', 'collections.OrderedDict.fromkeys'],
    ] as const)
      expect(errorOf(older(pickle)).message).toContain(`got ${name} of Python`);
    expect(errorOf(older('ctorch\nFloatStorage\n)R')).fault).toBe('pickle');
    expect(errorOf(older('ccollections\nCounter\n)\x81')).fault).toBe('pickle');
    expect(errorOf(older('K\x01K\x02\x85R')).fault).toBe('pickle');
    expect(errorOf(older('}K\x01K\x02a')).fault).toBe('pickle');
    expect(errorOf(older('K\x05}b')).fault).toBe('pickle');
  });

  it('refuses a file of another kind, and names it', () => {
    expect(errorOf(new TextEncoder().encode('<html>')).message).toContain('got a web page');
    expect(errorOf(new Uint8Array()).message).toContain('got an empty file');
    const big = Buffer.from(bytesOf('older state_dict'));
    const at = big.indexOf('little_endianq') + 'little_endianq'.length + 1;
    expect(big[at]).toBe(0x88);
    big[at] = 0x89;
    expect(errorOf(new Uint8Array(big)).fault).toBe('byte-order');
  });
});
