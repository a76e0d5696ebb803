import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { totalLoss } from './total-loss.js';

const terms = () => ({
  classification: tf.scalar(1.5),
  category: tf.scalar(0.25),
  resource: tf.scalar(0.125),
});
const numbers = (losses: ReturnType<typeof totalLoss>) =>
  Object.fromEntries(
    Object.entries(losses).map(([name, loss]: [string, tf.Scalar]) => [name, loss.dataSync()[0]]),
  );

describe('totalLoss (Eq. 16)', () => {
  it('reports every term after weighting', () => {
    const reported = numbers(totalLoss({ ...terms(), resourceWeight: 10 }));
    expect(reported).toEqual({ classification: 1.5, category: 0.25, resource: 1.25, total: 3 });
  });

  it('weighs resources by 2 by default', () => {
    expect(numbers(totalLoss(terms()))).toMatchObject({ resource: 0.25, total: 2 });
    expect(numbers(totalLoss({ ...terms(), resourceWeight: 0 }))).toMatchObject({ resource: 0, total: 1.75 });
  });

  it('omits terms that a network does not have', () => {
    const alone = numbers(totalLoss({ classification: tf.scalar(1.5) }));
    expect(alone).toEqual({ classification: 1.5, category: 0, resource: 0, total: 1.5 });
  });

  it('has the weights as its gradient', () => {
    const slopes = tf.grads(
      (classification: tf.Tensor, category: tf.Tensor, resource: tf.Tensor) =>
        totalLoss({
          classification: classification as tf.Scalar,
          category: category as tf.Scalar,
          resource: resource as tf.Scalar,
          resourceWeight: 10,
        }).total,
    )(Object.values(terms()));
    expect(slopes.map((slope) => slope.dataSync()[0])).toEqual([1, 1, 10]); // linear: differences are exact
  });

  it('returns new tensors: disposing them keeps the arguments', () => {
    const given = terms();
    expectNoLeak(() => ({ ...totalLoss(given) }));
    expectNoLeak(() => ({ ...totalLoss({ classification: given.classification }) }));
    expect(given.classification.isDisposed).toBe(false);
  });

  it.each([-1, NaN, Infinity])('refuses weight %f', (resourceWeight) => {
    expect(() => totalLoss({ ...terms(), resourceWeight })).toThrow(
      `resourceWeight: expected a finite number >= 0, got ${resourceWeight}`,
    );
  });
});
