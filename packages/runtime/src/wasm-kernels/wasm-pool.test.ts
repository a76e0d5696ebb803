import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import type { WasmBackend } from '../backend/wasm-backend.js';
import { addressOf, newOutput } from '../backend/wasm-memory.js';
import { startWasmPool, WasmPool, wasmPool } from './wasm-pool.js';

let backend: WasmBackend;
beforeAll(async () => {
  await chooseBackend({ prefer: 'wasm', threads: 3 });
  backend = tf.backend() as WasmBackend;
});

describe('threads on wasm', () => {
  it('do every job once', () => {
    const pool = wasmPool(backend);
    expect(pool.threads).toBe(3);
    for (let round = 0; round < 200; round++) {
      const x = tf.range(-20, 20);
      const y = newOutput(backend, [40]);
      const [from, to] = [addressOf(backend, x), addressOf(backend, y)];
      const jobs = Array.from({ length: 40 }, (_, i) => [from + 4 * i, to + 4 * i, 1, round]);
      pool.run('clip', jobs);
      const result = tf.engine().makeTensorFromTensorInfo(y);
      const expected = Array.from({ length: 40 }, (_, i) => Math.min(Math.max(i - 20, 0), round));
      expect(Array.from(result.dataSync())).toEqual(expected);
      tf.dispose([x, result]);
    }
  });

  it('take more jobs than fit into one list', () => {
    const x = tf.ones([100]);
    const y = newOutput(backend, [100]);
    const jobs = Array.from({ length: 100 }, (_, i) => [
      addressOf(backend, x) + 4 * i,
      addressOf(backend, y) + 4 * i,
      1,
      9,
    ]);
    wasmPool(backend).run('clip', jobs);
    expect(tf.sum(tf.engine().makeTensorFromTensorInfo(y)).dataSync()[0]).toBe(100);
  });

  it('say when a job failed, and go on', () => {
    const pool = wasmPool(backend);
    const outside = 2 ** 32 - 4; // no memory is there
    const jobs = Array.from({ length: 6 }, () => [outside, outside, 100, 1]);
    expect(() => {
      pool.run('clip', jobs);
    }).toThrow(expect.objectContaining({ code: 'DMNN_BACKEND' }));
    expect(() => {
      pool.run('clip', jobs);
    }).toThrow('clip failed on a thread');
    const x = tf.tensor1d([-1, 5]);
    expect(Array.from(tf.relu(x).dataSync())).toEqual([0, 5]);
  });

  it('are started once for a backend', () => {
    expect(startWasmPool(backend, 7)).toBe(wasmPool(backend));
  });

  it('are one without shared memory', () => {
    const wasm = {
      ...backend.wasm,
      asm: { memory: new (WebAssembly as unknown as Memory).Memory({ initial: 1, maximum: 65536 }) },
    };
    const pool = new WasmPool({ ...backend, wasm } as unknown as WasmBackend, 4);
    expect(pool.threads).toBe(1);
    expect(pool.scratch('batchNormScratch', [4])).toBe(4 * 32); // 2 doubles and 4 floats for each channel
  });

  it('refuse what does not fit into memory', () => {
    const full = { ...backend, wasm: { ...backend.wasm, _malloc: () => 0 } } as unknown as WasmBackend;
    const pool = new WasmPool(full, 1);
    expect(() => {
      pool.run('convolution', [[0]], { argument: 3, bytes: 100 });
    }).toThrow('Use a smaller batch');
    const zero = {
      makeOutput: (shape: number[]) => ({ dataId: {}, shape, dtype: 'float32' }),
      dataIdMap: { get: () => ({ memoryOffset: 0 }) },
      disposeData: () => true,
    } as unknown as WasmBackend;
    expect(() => newOutput(zero, [3, 4])).toThrow('no room for a tensor of shape [3, 4]');
  });
});

declare const WebAssembly: object;
interface Memory {
  readonly Memory: new (limits: { initial: number; maximum: number }) => object;
}
