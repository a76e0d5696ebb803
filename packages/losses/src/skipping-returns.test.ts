import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { classificationLoss } from './classification-loss.js';
import { skippingReturns } from './skipping-returns.js';

const gates = [tf.tensor2d([[0, 1], [1, 1]]), tf.tensor2d([[0], [1]])]; // prettier-ignore
const logits = tf.tensor2d([
  [0, 0],
  [Math.log(3), 0],
]);

describe('skippingReturns', () => {
  it('is what each gate and those after it earn, less the cross entropy, by hand', () => {
    const returns = skippingReturns(gates, logits, [1, 0], { costReward: 0.3 }).arraySync();
    const [first, second] = [Math.log(2), Math.log(4 / 3)]; // cross entropies
    const wanted = [
      [0.2 - first, 0.1 - first, 0.1 - first],
      [-second, -second, -second],
    ];
    returns.forEach((row, b) => {
      row.forEach((each, k) => {
        expect(each).toBeCloseTo(wanted[b]![k]!, 6);
      });
    });
  });

  it('discounts what comes later, as the loop of SkipNet’s code does', () => {
    const options = { costReward: 0.6, discount: 0.5 };
    const [returns] = skippingReturns(gates, logits, [1, 0], options).arraySync() as [number[]];
    let later = -Math.log(2);
    const wanted = [1, 0, 1].reverse().map((closed) => (later = (closed * 0.6) / 3 + 0.5 * later));
    wanted.reverse().forEach((each, k) => {
      expect(returns[k]).toBeCloseTo(each, 6);
    });
  });

  it('takes the classes’ cross entropy for the end, however large the logits', () => {
    const large = tf.tensor2d([
      [1e4, -1e4],
      [-3, 2],
    ]);
    const returns = skippingReturns(gates, large, [1, 1], { costReward: 0 });
    const mean = -(tf.mean(tf.slice(returns, [0, 0], [2, 1])).dataSync()[0] as number);
    expect(mean).toBeCloseTo(classificationLoss(large, [1, 1]).dataSync()[0] as number, 3);
  });

  it('refuses options and labels that do not fit, and leaves no tensor', () => {
    for (const costReward of [-1, NaN, Infinity])
      expect(() => skippingReturns(gates, logits, [0, 0], { costReward })).toThrow(RangeError);
    for (const discount of [-0.1, 1.1, NaN])
      expect(() => skippingReturns(gates, logits, [0, 0], { costReward: 1, discount })).toThrow(RangeError);
    expect(() => skippingReturns(gates, logits, [0, 2], { costReward: 1 })).toThrow(
      'labels[1]: expected an integer in 0 … 1, got 2',
    );
    expectNoLeak(() => skippingReturns(gates, logits, [0, 1], { costReward: 1 }));
  });
});
