import * as tf from '@tensorflow/tfjs-core';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { chooseBackend } from './choose-backend.js';

const empty = mkdtempSync(join(tmpdir(), 'dmnn-cache-'));

describe('chooseBackend', () => {
  it('falls back to cpu where the system refuses the addresses that WebAssembly reserves', async () => {
    const real = Reflect.get(globalThis, 'WebAssembly') as object;
    const refusing = Object.create(real) as object;
    Object.defineProperty(refusing, 'Memory', {
      value: function () {
        throw new RangeError('WebAssembly.Memory(): could not allocate memory');
      },
    });
    vi.stubGlobal('WebAssembly', refusing);
    try {
      const report = await chooseBackend({ cacheDirectory: empty });
      expect(report.chosen).toBe('cpu');
      expect(report.tried[2]).toEqual({
        name: 'wasm',
        works: false,
        reason:
          'the process may not have the addresses that WebAssembly reserves, about 10 GB for each memory',
        remedy: 'raise the limit: ulimit -v unlimited',
      });
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('falls back to wasm, and says why not the others', async () => {
    const report = await chooseBackend({ cacheDirectory: empty, threads: 2 });
    expect(report).toMatchObject({
      chosen: 'wasm',
      version: 'tfjs-backend-wasm 4.22.0',
      threads: 2,
      warnings: [],
    });
    expect(tf.getBackend()).toBe('wasm');
    expect(report.tried).toEqual([
      {
        name: 'native-gpu',
        works: false,
        reason: `@tensorflow/tfjs-node-gpu is not installed; no build in ${empty}`,
        remedy: 'dmnn backend install --gpu',
      },
      {
        name: 'native',
        works: false,
        reason: `@tensorflow/tfjs-node is not installed; no build in ${empty}`,
        remedy: 'dmnn backend install',
      },
      { name: 'wasm', works: true },
    ]);
  });

  it('can be called again, with other wishes', async () => {
    const listeners = process.listenerCount('uncaughtException');
    const cpu = await chooseBackend({ prefer: 'cpu' });
    expect(cpu).toEqual({
      chosen: 'cpu',
      version: 'tfjs-backend-cpu 4.22.0',
      threads: 1,
      tried: [{ name: 'cpu', works: true }],
      warnings: [],
    });
    expect(tf.getBackend()).toBe('cpu');
    expect((await chooseBackend({ prefer: 'wasm' })).threads).toBe(2); // what it was started with
    expect(tf.getBackend()).toBe('wasm');
    expect(process.listenerCount('uncaughtException')).toBe(listeners);
  });

  it('says that a backend is not registered', async () => {
    const factory = tf.findBackendFactory('cpu');
    tf.removeBackend('cpu');
    try {
      await expect(chooseBackend({ prefer: 'cpu' })).rejects.toThrow(
        'expected one of native-gpu, native, wasm, cpu to work, got none (cpu: tfjs-backend-cpu is not registered)',
      );
    } finally {
      tf.registerBackend('cpu', factory);
    }
  });

  it('needs gradients', async () => {
    const gradient = tf.getGradient('Conv2D');
    tf.unregisterGradient('Conv2D');
    try {
      await expect(chooseBackend({ prefer: 'cpu' })).rejects.toThrow(
        expect.objectContaining({ code: 'DMNN_BACKEND' }),
      );
      await expect(chooseBackend({ prefer: 'cpu' })).rejects.toThrow("import '@tensorflow/tfjs';");
    } finally {
      tf.registerGradient(gradient);
    }
  });

  it('rejects wishes that mean nothing', async () => {
    await expect(chooseBackend({ prefer: 'gpu' as 'cpu' })).rejects.toThrow(
      'prefer: expected one of native-gpu, native, wasm, cpu, got gpu',
    );
    for (const threads of [0, 1.5, NaN, -1]) {
      await expect(chooseBackend({ threads })).rejects.toThrow(
        `threads: expected an integer >= 1, got ${threads}`,
      );
    }
  });
});
