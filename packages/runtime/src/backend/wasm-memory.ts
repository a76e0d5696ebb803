import { closeAfterSync, closeIfFailsSync } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';

import { noWasmRoom } from './backend-error.js';
import type { WasmBackend } from './wasm-backend.js';

/** The address of a tensor in the backend's memory. */
export function addressOf(backend: WasmBackend, tensor: tf.TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** A new tensor with undefined content. @throws DmnnError `DMNN_BACKEND` where tfjs would write to address 0. */
export function newOutput(
  backend: WasmBackend,
  shape: readonly number[],
  dtype: tf.DataType = 'float32',
): tf.TensorInfo {
  const output = backend.makeOutput([...shape], dtype);
  if (addressOf(backend, output) !== 0) return output;
  backend.disposeData(output.dataId);
  throw noWasmRoom(`a tensor of shape [${shape.join(', ')}]`);
}

/** Addresses of 32 bits. */
const ADDRESSES = 2 ** 32;
/** What the allocator adds to a block, at most. */
const HEAD_BYTES = 256;
/** The last page, which tfjs-backend-wasm never has: its memory grows to 65,535 of them. */
const PAGE_BYTES = 2 ** 16;

/** What is known of the allocator of one backend. */
interface Allocator {
  /** Index of the 32-bit word in which it keeps where the memory ends that it has given so far; −1 if not found. */
  readonly end: number;
  /** Set when it gave a block that reaches beyond the memory: from then on it overwrites others. */
  broken: boolean;
}

const allocators = new WeakMap<object, Allocator>();

function allocatorOf({ wasm }: WasmBackend): Allocator {
  let known = allocators.get(wasm);
  if (!known) allocators.set(wasm, (known = { end: findEnd(wasm), broken: false }));
  return known;
}

/**
 * Takes a block of a backend's memory; `_free` gives it back.
 *
 * The allocator (Emscripten's emmalloc) answers 0 where the memory cannot grow. But it adds sizes to addresses modulo 4 GiB:
 * a block that would end beyond that fits, it finds, into any small gap near the end, and so into one that is not large
 * enough; from then on it overwrites others. So it is not asked where there is such a gap, and while it is asked for a block
 * for which the memory cannot grow, the end that it knows is one from where it does not try.
 *
 * @param what - is to lie in it, for the message
 * @throws DmnnError `DMNN_BACKEND` if there is no room
 */
export function takeWasmBlock(backend: WasmBackend, bytes: number, what: string): number {
  const allocator = allocatorOf(backend);
  const { wasm } = backend;
  // more bytes than addresses would be taken modulo 4 GiB, too
  if (allocator.broken || bytes > ADDRESSES - PAGE_BYTES) throw noWasmRoom(what);
  const address = malloc(wasm, bytes, allocator.end);
  if (address === 0 && bytes > 0) throw noWasmRoom(what);
  if (address + bytes > wasm.HEAPU8.length) {
    allocator.broken = true; // an allocator that this file does not know
    throw noWasmRoom(what);
  }
  return address;
}

type Wasm = WasmBackend['wasm'];

function malloc(wasm: Wasm, bytes: number, end: number): number {
  const most = ADDRESSES - PAGE_BYTES - bytes - HEAD_BYTES;
  // the usual case; the memory never ends before what the allocator has given of it
  if (end < 0 || wasm.HEAPU8.length <= most) return wasm._malloc(bytes) >>> 0;
  const before = words(wasm)[end] as number;
  if (before <= most) return wasm._malloc(bytes) >>> 0;
  if (hasGap(words(wasm), before, most)) return 0;
  words(wasm)[end] = endThatCannotGrow(bytes);
  return closeAfterSync(
    () => wasm._malloc(bytes) >>> 0,
    () => {
      words(wasm)[end] = before;
    },
  );
}

/** Whether a free block begins behind an address. Blocks have their size in their first and last word; there, 1 if free. */
function hasGap(memory: Uint32Array, end: number, from: number): boolean {
  for (let at = end; at > from;) {
    const last = memory[at / 4 - 1] as number;
    const size = last - (last % 2);
    const begin = at - size;
    if (size < 8 || begin < 0) return true; // not what an allocator writes
    if (last % 2 === 1 && begin > from) return true;
    at = begin;
  }
  return false;
}

/** From here a block of that size ends in the last page, which the memory never has, and not beyond it. */
function endThatCannotGrow(bytes: number): number {
  return ADDRESSES - bytes - PAGE_BYTES / 2;
}

/** The memory as words, of now: a view of memory that has grown since is of the old size. */
function words({ HEAPU8 }: Wasm): Uint32Array {
  return new Uint32Array(HEAPU8.buffer, 0, HEAPU8.length >>> 2);
}

/**
 * Finds the word in which the allocator keeps where its memory ends, among the module's data: the one that a block of more
 * than all memory moves to the block's end, and that keeps it from growing if it is changed.
 */
function findEnd(wasm: Wasm): number {
  const probe = wasm.HEAPU8.length;
  const before = words(wasm).slice(0, probe >>> 4);
  const address = wasm._malloc(probe) >>> 0;
  if (address === 0) return -1;
  const after = words(wasm);
  const end = before.findIndex((word, i) => {
    const moved = after[i] as number;
    return moved !== word && moved >= address + probe && moved < address + probe + HEAD_BYTES;
  });
  const known = end >= 0 && 4 * end < address && beginsBlock(after, after[end] as number, address, probe);
  wasm._free(address);
  if (!known || !hasGap(words(wasm), words(wasm)[end] as number, address - HEAD_BYTES)) return -1;
  const bytes = ADDRESSES / 2;
  const kept = words(wasm)[end] as number;
  words(wasm)[end] = endThatCannotGrow(bytes);
  const refused = wasm._malloc(bytes) >>> 0;
  words(wasm)[end] = kept;
  if (refused === 0) return end;
  wasm._free(refused);
  return -1;
}

/** Whether the blocks before an end are as {@link hasGap} takes them: one of that size begins a word before the address. */
function beginsBlock(memory: Uint32Array, end: number, address: number, bytes: number): boolean {
  for (let at = end; at >= address;) {
    const last = memory[at / 4 - 1] as number;
    const size = last - (last % 2);
    if (size < 8) return false;
    at -= size;
    if (at === address - 4) return memory[at / 4] === size && size >= bytes;
  }
  return false;
}

/** Tensors that were made since the running kernel began; undefined while none of ours runs. */
let made: object[] | undefined;

const guarded = new WeakSet();

/**
 * Makes tfjs-backend-wasm throw where it has no room for a tensor: it would write its numbers to address 0, over its own
 * constants, or to a block that reaches beyond the memory. Later operations then fail in odd ways.
 *
 * A second call for a backend does nothing.
 */
export function guardWasmMemory(backend: WasmBackend): void {
  if (guarded.has(backend)) return;
  guarded.add(backend);
  const move = backend.move.bind(backend);
  backend.move = (dataId, values, shape, dtype, refCount) => {
    if (dtype === 'string') {
      move(dataId, values, shape, dtype, refCount);
      return;
    }
    const bytes = tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype);
    const address = takeWasmBlock(backend, bytes, `a tensor of shape [${shape.join(', ')}]`);
    // gives it the block: the rest of the function is tfjs's own
    const { wasm } = backend;
    const malloc = wasm._malloc;
    wasm._malloc = () => address;
    try {
      move(dataId, values, shape, dtype, refCount);
    } finally {
      wasm._malloc = malloc;
    }
    made?.push(dataId);
  };
}

/** Runs a kernel; if it fails, what it has made so far is freed. */
export function freeingOnFailure<T>(backend: WasmBackend, kernel: () => T): T {
  const outer = made;
  const own: object[] = [];
  made = own;
  try {
    return closeIfFailsSync(kernel, () => {
      for (const dataId of own) backend.disposeData(dataId, true);
    });
  } finally {
    made = outer;
  }
}
