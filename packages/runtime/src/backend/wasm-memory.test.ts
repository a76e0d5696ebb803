import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { freeingOnFailure, newOutput } from './wasm-memory.js';
import type { WasmBackend } from './wasm-backend.js';

let backend: WasmBackend;
/** What fills the memory; no page of it is touched, so it takes no memory of the machine. */
let filling: tf.TensorInfo[] = [];

beforeAll(async () => {
  await chooseBackend({ prefer: 'wasm', threads: 2 });
  backend = tf.backend() as WasmBackend;
});
afterEach(() => {
  for (const { dataId } of filling) backend.disposeData(dataId, true);
  filling = [];
});

/** Takes all memory but for pieces of less than so many numbers. */
function fillMemory(least: number): void {
  for (let size = 2 ** 28; size >= least; size /= 2) {
    for (;;) {
      try {
        filling.push(newOutput(backend, [size]));
      } catch {
        break;
      }
    }
  }
}

const noRoom = expect.objectContaining({
  code: 'DMNN_BACKEND',
  message: expect.stringMatching(/^wasm memory: no room for .*; WebAssembly has 4 GiB/) as string,
}) as Error;

describe('a full WebAssembly memory', () => {
  it('refuses tensors made from numbers, by kernels of ours and by others, and writes none of them', () => {
    const ones = tf.ones([1 << 16]);
    const start = backend.wasm.HEAPU8.slice(0, 1024); // where address 0 is
    fillMemory(1 << 14);
    const before = [tf.memory().numTensors, backend.numDataIds()];
    const operations: (() => tf.Tensor)[] = [
      () => tf.tensor1d(new Float32Array(1 << 16).fill(7)),
      () => tf.relu(ones),
      () => tf.add(ones, ones),
      () => tf.tanh(ones),
      () => tf.transpose(tf.reshape(ones, [256, 256])),
      () => tf.matMul(tf.reshape(ones, [256, 256]), tf.reshape(ones, [256, 256])),
      () => tf.fill([1 << 16], 3),
    ];
    for (const operation of operations) {
      expect(() => tf.tidy(operation)).toThrow(noRoom);
    }
    expect(backend.wasm.HEAPU8.slice(0, 1024)).toEqual(start);
    expect([tf.memory().numTensors, backend.numDataIds()]).toEqual(before);
    for (const { dataId } of filling) backend.disposeData(dataId, true);
    filling = [];
    const sum = tf.tidy(() => tf.sum(tf.relu(ones)));
    expect(sum.dataSync()[0]).toBe(1 << 16);
    tf.dispose([ones, sum]);
  });

  it('refuses what has more than 4 GiB, which is not taken modulo 4 GiB', () => {
    expect(() => newOutput(backend, [2 ** 30 + 100])).toThrow(noRoom);
    expect(() => newOutput(backend, [2 ** 20, 2 ** 20])).toThrow(noRoom);
  });

  it('frees what a kernel had made before there was no room', () => {
    const [small, large] = [[8], [1 << 16]];
    fillMemory(1 << 14);
    const held = backend.numDataIds();
    const made: number[] = [];
    expect(() => {
      freeingOnFailure(backend, () => {
        newOutput(backend, small);
        made.push(backend.numDataIds() - held);
        newOutput(backend, large);
      });
    }).toThrow(noRoom);
    expect([made, backend.numDataIds()]).toEqual([[1], held]);
  });

  it('keeps numbers of all types, and empty ones', () => {
    const whole = tf.tensor1d([1, -2, 3], 'int32');
    const truth = tf.tensor1d([true, false], 'bool');
    const none = tf.zeros([0, 3]);
    const words = tf.tensor1d(['a', 'b']);
    expect([...whole.dataSync()]).toEqual([1, -2, 3]);
    expect([...truth.dataSync()]).toEqual([1, 0]);
    expect(none.dataSync()).toHaveLength(0);
    expect([...words.dataSync()]).toEqual(['a', 'b']);
    tf.dispose([whole, truth, none, words]);
  });

  it('says why a kernel failed, not why what it had made cannot be freed', () => {
    const dispose = vi.spyOn(backend, 'disposeData').mockImplementation(() => {
      throw new Error('memory access out of bounds');
    });
    expect(() => {
      freeingOnFailure(backend, () => {
        newOutput(backend, [8]);
        throw new Error('no room');
      });
    }).toThrow('no room');
    expect(dispose).toHaveBeenCalledOnce();
    dispose.mockRestore();
  });
});
