import { encodeUtf8 } from '@dmnn/foundation';
import { describe, expect, it } from 'vitest';
import type { WeightTensor } from '../weights.js';
import { readSafetensors } from './read-safetensors.js';
import { readSafetensorsShards } from './read-safetensors-shards.js';
import { SafetensorsError } from './safetensors-error.js';
import { parseSafetensorsIndex } from './safetensors-index.js';
import { writeSafetensors } from './write-safetensors.js';

const tensor = (value: number): WeightTensor => ({ dtype: 'F32', shape: [1], data: Float32Array.of(value) });
const shard = (...names: string[]) =>
  writeSafetensors(new Map(names.map((name) => [name, tensor(name.charCodeAt(0))])), { format: 'pt' });
const index = (map: unknown) => encodeUtf8(JSON.stringify({ metadata: { total_size: 12 }, weight_map: map }));
const [one, two] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
const map = { a: one, b: two, c: one };
const shards = new Map([
  [one, shard('a', 'c')],
  [two, shard('b')],
]);

function fault(reading: () => unknown): string {
  try {
    reading();
  } catch (error) {
    expect(error).toBeInstanceOf(SafetensorsError);
    return `${(error as SafetensorsError).fault}: ${(error as SafetensorsError).message}`;
  }
  return 'none';
}

describe('readSafetensorsShards', () => {
  it('gives what one file would', () => {
    const { tensors, dtypes, metadata } = readSafetensorsShards({ index: index(map), shards });
    expect(new Map(tensors)).toEqual(readSafetensors(shard('a', 'b', 'c')));
    expect(Object.fromEntries(dtypes)).toEqual({ a: 'F32', b: 'F32', c: 'F32' });
    expect(Object.fromEntries(metadata)).toEqual({ format: 'pt' });
  });

  it('reads an index with a byte order mark', () => {
    const marked = Uint8Array.of(0xef, 0xbb, 0xbf, ...index(map));
    expect(readSafetensorsShards({ index: marked, shards }).tensors.size).toBe(3);
  });

  it.each([
    ['a missing shard', map, new Map([[one, shard('a', 'c')]]), `expected the file ${two} next to it, got none`],
    ['a tensor in two shards', map, new Map([[one, shard('a', 'c')], [two, shard('b', 'c')]]), `expected c in one file, got it for ${one} and ${two}`],
    ['a tensor in two shards, the listed one last', { ...map, c: two }, new Map([[one, shard('a', 'c')], [two, shard('b', 'c')]]), 'expected c in one file'],
    ['a tensor in another shard', { ...map, c: two }, shards, 'expected c in one file'],
    ['a tensor that is in none', { ...map, d: two }, shards, `expected d in ${two}, which does not have it`],
    ['a tensor that is not in the index', { a: one, b: two }, shards, `${one} has the tensor c, which the index does not`],
  ] as const)('refuses %s', (_, wanted, files, message) => {
    const found = fault(() => readSafetensorsShards({ index: index(wanted), shards: files }));
    expect(found).toMatch(/^index: /);
    expect(found).toContain(message);
  }); // prettier-ignore

  it('names the shard that is damaged', () => {
    const damaged = new Map([...shards, [two, shard('b').subarray(0, 20)]]);
    expect(fault(() => readSafetensorsShards({ index: index(map), shards: damaged }))).toContain(
      `truncated: ${two}: `,
    );
  });
});

describe('parseSafetensorsIndex', () => {
  it.each([
    ['{', /expected/],
    ['[]', /expected a weight_map/],
    ['{"metadata": {}}', /expected a weight_map/],
    ['{"weight_map": {}}', /expected a weight_map/],
    ['{"weight_map": {"a": 1}}', /a: expected the name of a file next to the index, got 1/],
    ['{"weight_map": {"a": "../secret.safetensors"}}', /got "\.\.\/secret/],
    ['{"weight_map": {"a": "/etc/passwd"}}', /next to the index/],
    ['{"weight_map": {"a": "C:x"}}', /next to the index/],
    ['{"weight_map": {"a": "x", "a": "y"}}', /"a" appears twice/],
  ])('refuses %s', (json, message) => {
    expect(fault(() => parseSafetensorsIndex(json))).toMatch(message);
  });

  it('refuses more tensors than any network has', () => {
    const weightMap = Object.fromEntries(Array.from({ length: 200_001 }, (_, i) => [`t${i}`, 'x']));
    expect(fault(() => parseSafetensorsIndex(JSON.stringify({ weight_map: weightMap })))).toMatch(
      /index: expected at most 200000 tensors, got 200001/,
    );
  });
});
