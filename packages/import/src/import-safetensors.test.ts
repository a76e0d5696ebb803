import { type WeightTensor, SafetensorsError, writeSafetensors } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import { ImportError } from './import-error.js';
import { importSafetensors } from './import-safetensors.js';

const architecture = {
  name: 'average-colour',
  imageSizePx: 32,
  inChannels: 3,
  stem: { units: [] },
  stages: [],
  head: { units: [], inFeatures: 3, classes: 2 },
};
const names = { names: { 'head.linear': 'fc' } };

/** A file whose matrix is of another element type. */
function file(dtype: string, matrix: { readonly buffer: ArrayBuffer }): Uint8Array {
  const bytes = new Uint8Array(matrix.buffer);
  const header = JSON.stringify({
    'fc.weight': { dtype, shape: [2, 3], data_offsets: [0, bytes.length] },
    'fc.bias': { dtype: 'F32', shape: [2], data_offsets: [bytes.length, bytes.length + 8] },
  });
  const whole = new Uint8Array(8 + header.length + bytes.length + 8);
  new DataView(whole.buffer).setBigUint64(0, BigInt(header.length), true);
  whole.set(new TextEncoder().encode(header), 8);
  whole.set(bytes, 8 + header.length);
  return whole;
}

describe('importSafetensors', () => {
  it('converts halves and doubles, and says so', () => {
    const matrixOf = (bytes: Uint8Array) => {
      const { weights, converted } = importSafetensors(bytes, architecture, { names });
      return [[...(weights.get('head.linear.weight')!.data as Float32Array)], converted];
    };
    const halves = Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600);
    const brains = Uint16Array.of(0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0);
    const transposed = [1, 4, 2, 5, 3, 6];
    expect(matrixOf(file('F16', halves))).toEqual([transposed, { F16: 1 }]);
    expect(matrixOf(file('BF16', brains))).toEqual([transposed, { BF16: 1 }]);
    expect(matrixOf(file('F64', Float64Array.of(1, 2, 3, 4, 5, 6)))).toEqual([transposed, { F64: 1 }]);
    expect(matrixOf(file('F32', Float32Array.of(1, 2, 3, 4, 5, 6)))).toEqual([transposed, {}]);
  });

  it('refuses doubles that no float32 can hold', () => {
    const bytes = file('F64', Float64Array.of(1, 2, 3, 1e39, 5, 6));
    expect(() => importSafetensors(bytes, architecture, { names })).toThrow(
      /of finite numbers, got Infinity at index 3/,
    );
  });

  it('refuses what is no such file, and says what to do about PyTorch’s own', () => {
    const tensors = new Map<string, WeightTensor>([
      ['fc.bias', { dtype: 'F32', shape: [2], data: new Float32Array(2) }],
    ]);
    expect(() => importSafetensors(writeSafetensors(tensors).subarray(1), architecture, { names })).toThrow(
      SafetensorsError,
    );
    const member = new TextEncoder().encode('x/data.pkl');
    for (const begin of [
      [0x50, 0x4b, 3, 4, ...new Uint8Array(22), member.length, 0, 0, 0, ...member],
      [0x80, 2],
    ]) {
      const pickle = Uint8Array.of(...begin, ...new Uint8Array(20).fill(255));
      expect(() => importSafetensors(pickle, architecture, { names })).toThrow(ImportError);
      expect(() => importSafetensors(pickle, architecture, { names })).toThrow(
        /torch\.save.*importTensorFile/s,
      );
    }
  });

  it('calls a file of another kind what it is', () => {
    const pointer = new TextEncoder().encode(
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n',
    );
    expect(() => importSafetensors(pointer, architecture, { names })).toThrow(
      /^import: expected a safetensors file, got a Git LFS pointer.*git lfs pull/s,
    );
    const index = new TextEncoder().encode(
      '{"weight_map": {"fc.weight": "1.safetensors", "fc.bias": "2.safetensors"}}',
    );
    expect(() => importSafetensors(index, architecture, { names })).toThrow(/got an index of shards/);
    const shards = new Map([
      ['1.safetensors', pointer],
      ['2.safetensors', pointer],
    ]);
    expect(() => importSafetensors({ index, shards }, architecture, { names })).toThrow(
      /^1\.safetensors: expected a safetensors file, got a Git LFS pointer/,
    );
  });

  it('reads shards by their index', () => {
    const tensor = (shape: number[], ...values: number[]): WeightTensor => ({
      dtype: 'F32',
      shape,
      data: Float32Array.from(values),
    });
    const index = new TextEncoder().encode(
      '{"weight_map": {"fc.weight": "1.safetensors", "fc.bias": "2.safetensors"}}',
    );
    const shards = new Map([
      ['1.safetensors', writeSafetensors(new Map([['fc.weight', tensor([2, 3], 1, 2, 3, 4, 5, 6)]]))],
      ['2.safetensors', writeSafetensors(new Map([['fc.bias', tensor([2], 7, 8)]]))],
    ]);
    const { weights } = importSafetensors({ index, shards }, architecture, { names });
    expect(weights.get('head.linear.weight')?.data.join()).toBe('1,4,2,5,3,6');
    expect(weights.get('head.linear.bias')?.data.join()).toBe('7,8');
  });
});
