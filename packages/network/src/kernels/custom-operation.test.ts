import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { recorded, releaseAfterGradient, customGradient } from './custom-operation.js';

/** a · b and a + b; notes which gradients were computed, and from what. */
function productAndSum(a: tf.Tensor, b: tf.Tensor, asked: string[] = []): tf.Tensor[] {
  return recorded({
    inputs: { a, b },
    forward: (save) => {
      save([a, b]);
      return [tf.mul(a, b), tf.add(a, b)];
    },
    backward: ([dproduct, dsum], [a, b]) => ({
      a: () => {
        asked.push('a');
        return tf.add(tf.mul(dproduct!, b!), dsum!);
      },
      b: () => {
        asked.push('b');
        return tf.add(tf.mul(dproduct!, a!), dsum!);
      },
    }),
  });
}

const [a, b] = [tf.tensor1d([2, 3]), tf.tensor1d([5, 7])] as const;

describe('recorded', () => {
  it('gives several outputs, each with its own upstream gradient', () => {
    expect(productAndSum(a, b).map((each) => [...each.dataSync()])).toEqual([
      [10, 21],
      [7, 10],
    ]);
    const [da, db] = tf.grads((a, b) => {
      const [product, sum] = productAndSum(a, b);
      return tf.sum(tf.add(product!, tf.mul(sum!, 100)));
    })([a, b]);
    expect([...da!.dataSync()]).toEqual([105, 107]);
    expect([...db!.dataSync()]).toEqual([102, 103]);
  });

  it('gives zeros upstream of an output that nothing depends on', () => {
    const da = tf.grad((a) => tf.sum(productAndSum(a, b)[0]!))(a);
    expect([...da.dataSync()]).toEqual([5, 7]);
  });

  it('computes no gradient that nobody wants', () => {
    const asked: string[] = [];
    tf.grad((b) => tf.sum(productAndSum(a, b, asked)[0]!))(b);
    expect(asked).toEqual(['b']);
  });

  it('keeps nothing behind, with and without a tape', () => {
    expectNoLeak(() => productAndSum(a, b));
    expectNoLeak(() => tf.grad((a) => tf.sum(productAndSum(a, b)[1]!))(a));
    expect([a.isDisposed, b.isDisposed]).toEqual([false, false]);
  });
});

describe('releaseAfterGradient', () => {
  it('frees at once, or leaves it to the tape that is on', () => {
    const [gone, kept] = [tf.scalar(1), tf.scalar(2)];
    releaseAfterGradient([gone]);
    expect(gone.isDisposed).toBe(true);
    tf.grad((x) => {
      releaseAfterGradient([kept]);
      return tf.square(x);
    })(tf.scalar(1));
    expect(kept.isDisposed).toBe(false);
  });
});

/** x², whose gradient notes what it was given. */
function square(x: tf.Tensor, seen: tf.Tensor[] = []): tf.Tensor {
  return customGradient([x], ([x], save) => {
    save([x]);
    return {
      value: tf.square(x),
      gradFunc: (dy, saved) => {
        seen.push(dy, ...saved);
        return [tf.mul(dy, tf.mul(saved[0]!, 2))];
      },
    };
  });
}

const shape = [1, 1, 1, 2] as [number, number, number, number];

describe('customGradient', () => {
  it('gives the gradient that is written out', () => {
    const dx = tf.grad((x) => tf.sum(square(x)))(tf.tensor1d([3, -1]));
    expect([...dx.dataSync()]).toEqual([6, -2]);
  });

  it('frees the gradient of a map and what was saved as soon as they were used', () => {
    const seen: tf.Tensor[] = [];
    let during: boolean[] = [];
    const watch = (x: tf.Tensor) =>
      customGradient([x], ([x]) => ({
        value: tf.clone(x),
        gradFunc: (dy) => {
          during = seen.map((tensor) => tensor.isDisposed);
          return [dy];
        },
      }));
    const x = tf.tensor4d([3, -1], shape);
    const dx = tf.grad((x) => tf.sum(square(watch(x), seen)))(x);
    // when the operation before it runs backwards, upstream gradient and saved tensor are gone
    expect(during).toEqual([true, true]);
    expect([...dx.dataSync()]).toEqual([6, -2]);
    expect(x.isDisposed).toBe(false);
  });

  it('leaves the gradient of anything else: its owner may hold it', () => {
    const upstream = tf.tensor1d([1, 10]);
    const dx = tf.grad((x) => square(x))(tf.tensor1d([3, -1]), upstream);
    expect([...dx.dataSync()]).toEqual([6, -20]);
    expect(upstream.isDisposed).toBe(false);
  });

  it('frees nothing while a gradient of the gradient may come', () => {
    // (x²)'' = 2
    const second = tf.grad((x) => tf.sum(tf.grad((x) => tf.sum(square(x)))(x)))(tf.tensor4d([3, -1], shape));
    expect([...second.dataSync()]).toEqual([2, 2]);
  });
});
