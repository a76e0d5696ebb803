import { expectNoLeak, maxRelativeDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dmnn50n2 } from '@dmnn/test-networks';
import reference from './fixtures/resource-losses.json' with { type: 'json' };
import { flopsRate } from './flops-rate.js';

const SMALL = {
  fixedMacs: 18,
  controllerMacs: [1, 1],
  subBlockMacs: [
    [20, 20],
    [30, 10],
  ],
}; // 100 in all

describe('flopsRate (Eq. 13 over F_full)', () => {
  it('counts the fixed part, the controllers, and the open sub-blocks of each image', () => {
    // images of 20 + 20 + 30 and of 20 + 40 + 40: 0.7 and 1.0
    const gates = [
      tf.tensor2d([
        [1, 0],
        [1, 1],
      ]),
      tf.tensor2d([
        [1, 0],
        [1, 1],
      ]),
    ];
    const rate = flopsRate(gates, SMALL);
    expect(rate.shape).toEqual([]);
    expect(rate.dataSync()[0]).toBeCloseTo(0.85, 6);
  });

  it('agrees with PyTorch', () => {
    const rate = flopsRate(
      reference.gates.map((g) => tf.tensor2d(g)),
      reference.table,
    );
    expect(Math.abs(rate.dataSync()[0]! / reference.flopsRate - 1)).toBeLessThan(2e-7);
  });

  it('is 1 with all gates open and the fixed share with none, to the precision of float32 at 3.9e9 MACs', () => {
    const gates = (open: number) => dmnn50n2.subBlockMacs.map(() => tf.fill<tf.Rank.R2>([256, 2], open));
    expect(Math.abs(flopsRate(gates(1), dmnn50n2).dataSync()[0]! - 1)).toBeLessThan(3e-7);
    const always = (479_723_520 + 437_248) / 3_894_804_854;
    expect(Math.abs(flopsRate(gates(0), dmnn50n2).dataSync()[0]! - always)).toBeLessThan(1e-8);
  });

  it('never decreases when a gate opens', () => {
    const bits = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(bits, fc.nat(7), (pattern, i) => {
        const rateOf = (open: readonly boolean[]) =>
          tf.tidy(() => {
            const x = open.map(Number);
            return flopsRate(
              [tf.tensor2d(x.slice(0, 4), [2, 2]), tf.tensor2d(x.slice(4), [2, 2])],
              SMALL,
            ).dataSync()[0]!;
          });
        const opened = pattern.map((open, j) => open || j === i);
        expect(rateOf(opened)).toBeGreaterThanOrEqual(rateOf(pattern));
      }),
    );
  });

  it('has the gradient of finite differences', () => {
    const at = [1, 0, 1, 1, 1, 0, 1, 1];
    const make = (x: ArrayLike<number>): [tf.Tensor2D, tf.Tensor2D] => {
      const values = Array.from(x);
      return [tf.tensor2d(values.slice(0, 4), [2, 2]), tf.tensor2d(values.slice(4), [2, 2])];
    };
    const slopes = tf
      .grads((a: tf.Tensor, b: tf.Tensor) => flopsRate([a as tf.Tensor2D, b as tf.Tensor2D], SMALL))(make(at))
      .flatMap((slope) => [...slope.dataSync()]);
    const differences = numericalGradient((x) => flopsRate(make(x), SMALL).dataSync()[0]!, at, 0.1);
    expect(maxRelativeDifference(slopes, differences)).toBeLessThan(1e-4);
  });

  it('leaves no tensor', () => {
    const gates = [tf.tensor2d([[1, 0]]), tf.tensor2d([[1, 1]])];
    expectNoLeak(() => flopsRate(gates, SMALL));
  });

  it('rejects a table of another network, and invalid costs', () => {
    const gates = [tf.zeros<tf.Rank.R2>([1, 2]), tf.zeros<tf.Rank.R2>([1, 2])];
    expect(() => flopsRate(gates.slice(1), SMALL)).toThrow(expect.objectContaining({ code: 'DMNN_LOSS' }));
    expect(() => flopsRate(gates.slice(1), SMALL)).toThrow(
      'table: expected the numbers of sub-blocks of the gates, [2], got [2, 2]',
    );
    expect(() => flopsRate([tf.zeros([1, 2]), tf.zeros([1, 3])], SMALL)).toThrow('[2, 3], got [2, 2]');
    expect(() => flopsRate([], SMALL)).toThrow('gates');
    expect(() => flopsRate(gates, { ...SMALL, fixedMacs: NaN })).toThrow(
      'table: expected finite MACs >= 0, not all 0, got {"fixedMacs":"NaN"',
    );
    expect(() => flopsRate(gates, { ...SMALL, controllerMacs: [-1, 1] })).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    expect(() => flopsRate(gates, { ...SMALL, fixedMacs: Infinity })).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    const free = {
      fixedMacs: 0,
      controllerMacs: [0, 0],
      subBlockMacs: [
        [0, 0],
        [0, 0],
      ],
    };
    expect(() => flopsRate(gates, free)).toThrow(expect.objectContaining({ code: 'DMNN_LOSS' }));
  });
});
