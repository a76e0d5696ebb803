import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { assertMemory } from './assert-memory.js';

const available = { bytes: 2e9, limit: 'ulimit -v' };
const needed = (bytes: number) => ({ bytes, images: 64, remedy: ', or accumulation: 2' });

describe('assertMemory', () => {
  it('refuses what does not fit, with both sizes, the limit and what helps', () => {
    expect(() => {
      assertMemory(needed(2e9), available);
    }).not.toThrow();
    expect(() => {
      assertMemory(needed(2.5e9), available);
    }).toThrow(
      expect.objectContaining({
        code: 'DMNN_OUT_OF_MEMORY',
        message: expect.stringMatching(
          /^batch: expected one that fits into the 2\.0 GB that ulimit -v leaves, got 64 images .* 2\.5 GB .*accumulation: 2/,
        ) as string,
      }),
    );
  });

  it('refuses nothing on a GPU', () => {
    const backend = tf.backend() as { isUsingGpuDevice?: boolean };
    backend.isUsingGpuDevice = true;
    onTestFinished(() => {
      delete backend.isUsingGpuDevice;
    });
    expect(() => {
      assertMemory(needed(2e15), available);
    }).not.toThrow();
  });
});
