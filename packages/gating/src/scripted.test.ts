import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { scripted } from './scripted.js';

describe('scripted', () => {
  it('opens the row of its block for every image', () => {
    const policy = scripted([
      [true, true],
      [false, true],
    ]);
    const gates = policy(tf.zeros([3, 2, 2]), { blockIndex: 1, sampleKeys: [7, 8, 9] });
    expect(gates.arraySync()).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  it('calls a function for each image', () => {
    const policy = scripted((blockIndex, sampleKey) => [blockIndex === 2, sampleKey > 7, true]);
    const gates = policy(tf.zeros([2, 3, 2]), { blockIndex: 2, sampleKeys: [7, 8] });
    expect(gates.arraySync()).toEqual([
      [1, 0, 1],
      [1, 1, 1],
    ]);
  });

  it('leaves no tensor', () => {
    const logits = tf.zeros<tf.Rank.R3>([1, 2, 2]);
    expectNoLeak(() => scripted([[true, false]])(logits, { blockIndex: 0, sampleKeys: [1] }));
  });

  it('refuses a pattern of the wrong shape', () => {
    const logits = tf.zeros<tf.Rank.R3>([1, 2, 2]);
    const at = (blockIndex: number) => ({ blockIndex, sampleKeys: [1] });
    expect(() => scripted([[true]])(logits, at(0))).toThrow(expect.objectContaining({ code: 'DMNN_GATING' }));
    expect(() => scripted([[true]])(logits, at(0))).toThrow(
      'pattern[0]: expected 2 booleans, one for each sub-block of the block, got [true]',
    );
    expect(() => scripted([[true, true]])(logits, at(1))).toThrow(
      'pattern[1]: expected 2 booleans, one for each sub-block of the block, got nothing',
    );
    expect(() => scripted(() => [true, true, false])(logits, at(0))).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
    // @ts-expect-error numbers are not booleans: 0.5 or NaN must not slip in
    expect(() => scripted([[1, NaN]])(logits, at(0))).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
    expect(() => scripted([[true, true]])(tf.zeros([2, 2, 2]), at(0))).toThrow('sampleKeys');
  });
});
