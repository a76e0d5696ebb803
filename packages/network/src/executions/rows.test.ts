import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeRows, takeRows } from './rows.js';

/** A batch whose row b holds b + 1 everywhere. */
const batch = (count: number) =>
  tf.tensor4d(
    Float32Array.from({ length: 2 * count }, (_, i) => Math.floor(i / 2) + 1),
    [count, 1, 2, 1],
  );

const firsts = (x: tf.Tensor4D) => [...x.dataSync()].filter((_, i) => i % 2 === 0);

describe('takeRows and placeRows', () => {
  it('take rows in order, and put them back with zeros elsewhere', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), (open) => {
        const rows = open.flatMap((each, b) => (each ? [b] : []));
        fc.pre(rows.length > 0);
        const x = batch(open.length);
        const taken = takeRows(x, rows);
        expect(firsts(taken)).toEqual(rows.map((row) => row + 1));
        const placed = placeRows(taken, rows, open.length);
        expect(placed.shape).toEqual(x.shape);
        expect(firsts(placed)).toEqual(open.map((each, b) => (each ? b + 1 : 0)));
      }),
    );
  });

  it('have the gradients of a choice', () => {
    const x = batch(4);
    const dx = tf.grad((x) => takeRows(x as tf.Tensor4D, [0, 2, 3]))(x, tf.mul(batch(3), 10));
    expect(firsts(dx as tf.Tensor4D)).toEqual([10, 0, 20, 30]);
    const dy = tf.grad((y) => placeRows(y as tf.Tensor4D, [1, 3], 4))(batch(2), tf.mul(x, 10));
    expect(firsts(dy as tf.Tensor4D)).toEqual([20, 40]);
  });

  it('keep nothing behind', () => {
    const x = batch(4);
    expectNoLeak(() => takeRows(x, [0, 2]));
    const y = batch(2);
    expectNoLeak(() => placeRows(y, [0, 2], 4));
  });
});
