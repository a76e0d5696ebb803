import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { actualMacs } from './actual-macs.js';
import { dmnn50n2 } from '@dmnn/test-networks';
import reference from './fixtures/resource-losses.json' with { type: 'json' };

describe('actualMacs (Eq. 13)', () => {
  it('agrees with PyTorch', () => {
    const macs = actualMacs(
      reference.gates.map((g) => tf.tensor2d(g)),
      reference.table,
    );
    expect(Math.abs(macs.dataSync()[0]! / reference.actualMacs - 1)).toBeLessThan(2e-7);
  });

  it('is the full cost of DMNN-50 n2 with all gates open', () => {
    const gates = dmnn50n2.subBlockMacs.map(() => tf.ones<tf.Rank.R2>([4, 2]));
    // 479,723,520 fixed + 437,248 of controllers + 3,414,644,086 of sub-blocks
    expect(Math.abs(actualMacs(gates, dmnn50n2).dataSync()[0]! / 3_894_804_854 - 1)).toBeLessThan(3e-7);
  });

  it('has F_{l,n} / B as its gradient', () => {
    const table = { fixedMacs: 18, controllerMacs: [2], subBlockMacs: [[30, 50]] };
    const slope = tf
      .grad((g) => actualMacs([g as tf.Tensor2D], table))(tf.ones<tf.Rank.R2>([2, 2]))
      .dataSync();
    [15, 25, 15, 25].forEach((expected, i) => {
      expect(slope[i]).toBeCloseTo(expected, 4);
    });
  });

  it('leaves no tensor, and refuses a table of another network', () => {
    const gates = [tf.ones<tf.Rank.R2>([4, 2])];
    expectNoLeak(() => actualMacs(gates, { fixedMacs: 1, controllerMacs: [0], subBlockMacs: [[2, 3]] }));
    expect(() => actualMacs(gates, dmnn50n2)).toThrow(expect.objectContaining({ code: 'DMNN_LOSS' }));
  });
});
