import { expectNoLeak, registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Demand, disposeInput, fork, plainInput, wanted } from './block-input.js';

const numbers = Float32Array.of(1, 2, 3, 4, 5, 6);
const map = tf.tensor4d(numbers, [1, 3, 1, 2]);

/** map · 10 + shortcut · 100 + 1000 · mean, each as far as it is there. */
function use(x: tf.Tensor4D, demand: Demand): tf.Tensor {
  const input = fork(x, demand);
  const terms = [
    ...(demand.views > 0 ? [tf.mul(input.map, 10)] : []),
    ...(demand.views > 1 ? [tf.mul(input.shortcut, 100)] : []),
    ...(demand.mean ? [tf.mul(input.mean ?? tf.mean(input.map, [1, 2]), 1000)] : []),
  ].map((term) => tf.sum(term));
  return terms.reduce((a, b) => tf.add(a, b));
}

describe('fork', () => {
  it('gives the map itself for every use where there are no kernels', () => {
    tf.grad((x) => {
      const input = fork(x as tf.Tensor4D, { views: 2, mean: true });
      expect([input.map, input.shortcut, input.mean]).toEqual([x, x, undefined]);
      return tf.sum(input.map);
    })(map);
  });

  describe('with our kernels', () => {
    let unregister: () => void;
    beforeAll(() => {
      unregister = registerReferenceKernels();
    });
    afterAll(() => {
      unregister();
    });

    it('gives the map itself without a tape, or for a single use', () => {
      expect(fork(map, { views: 2, mean: true })).toEqual(plainInput(map));
      tf.grad((x) => {
        expect(fork(x as tf.Tensor4D, { views: 1, mean: false }).map).toBe(x);
        return tf.sum(x);
      })(map);
    });

    it('gives a tensor for each use on a tape, all of the same numbers, and the mean', () => {
      tf.grad((x) => {
        const input = fork(x as tf.Tensor4D, { views: 2, mean: true });
        expect(input.map).not.toBe(input.shortcut);
        expect([...input.map.dataSync()]).toEqual([...numbers]);
        expect([...input.shortcut.dataSync()]).toEqual([...numbers]);
        expect([...input.mean!.dataSync()]).toEqual([3, 4]); // 1 + 3 + 5, 2 + 4 + 6 over 3
        return tf.sum(input.map);
      })(map);
    });

    it.each([
      [{ views: 2, mean: true }, 10 + 100 + 1000 / 3],
      [{ views: 2, mean: false }, 110],
      [{ views: 1, mean: true }, 10 + 1000 / 3],
      [{ views: 0, mean: true }, 1000 / 3],
    ] as const)('adds the gradients of %j', (demand, expected) => {
      const dx = tf.grad((x) => use(x as tf.Tensor4D, demand))(map);
      for (const each of dx.dataSync()) expect(each).toBeCloseTo(expected, 3);
      expectNoLeak(() => tf.grad((x) => use(x as tf.Tensor4D, demand))(map));
    });
  });
});

describe('wanted', () => {
  it('is one map without a tape, whatever the uses', () => {
    expect(wanted({ views: 2, mean: true })).toEqual({ views: 1, pooled: true });
    expect(wanted({ views: 0, mean: true })).toEqual({ views: 1, pooled: true });
    tf.grad((x) => {
      expect(wanted({ views: 0, mean: true })).toEqual({ views: 0, pooled: true });
      return tf.sum(x);
    })(map);
  });
});

describe('disposeInput', () => {
  it('frees what there is, once each', () => {
    expectNoLeak(() => {
      disposeInput(plainInput(tf.clone(map)));
      disposeInput({ map: tf.clone(map), shortcut: tf.clone(map), mean: tf.ones([1, 2]) });
      return [];
    });
  });
});
