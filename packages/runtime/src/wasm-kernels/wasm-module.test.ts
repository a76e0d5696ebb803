import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { sourceDigest } from '../wasm-kernels.generated.js';
import { makeMemoryShared, shareWasmMemory } from './wasm-module.js';

it('is compiled from the sources that are there', () => {
  const folder = new URL('../../assembly/', import.meta.url);
  const digest = createHash('sha256');
  for (const name of readdirSync(folder).sort()) digest.update(readFileSync(new URL(name, folder)));
  digest.update(readFileSync(new URL('./norm-sum-plan.ts', import.meta.url)));
  // if this fails: node scripts/build-wasm-kernels.mjs
  expect(sourceDigest).toBe(digest.digest('hex'));
});

it('sets one flag of the memory section', () => {
  // magic and version; a custom section of 130 bytes, whose length takes two; one memory with a maximum, 1 to 2 pages
  const module = [
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    0,
    0x82,
    0x01,
    ...new Array<number>(130).fill(5),
    5,
    4,
    1,
    1,
    1,
    2,
  ];
  const bytes = Uint8Array.from(module);
  makeMemoryShared(bytes);
  const changed = module.flatMap((value, i) => (bytes[i] === value ? [] : [i]));
  expect(changed).toEqual([module.length - 3]);
  expect(bytes[module.length - 3]).toBe(3);
});

it('leaves a module without memory alone', () => {
  const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 1, 0);
  makeMemoryShared(bytes);
  expect(Array.from(bytes)).toEqual([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 1, 0]);
});

it('hands tfjs-backend-wasm the changed binary for each of its names', () => {
  const setWasmPaths = vi.fn();
  shareWasmMemory(setWasmPaths);
  const [paths, platformFetch] = setWasmPaths.mock.calls[0] as [Record<string, string>, boolean];
  expect(Object.keys(paths)).toHaveLength(3);
  for (const path of Object.values(paths)) expect(path).toMatch(/^data:application\/wasm;base64,AGFzbQ/);
  expect(platformFetch).toBe(true);
});
