import { expectNoLeak, maxRelativeDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gatedSum } from './gated-sum.js';

const shape = [2, 1, 2, 1] as [number, number, number, number];
const shortcut = tf.tensor4d([1, 2, 3, 4], shape);
const paths = [tf.tensor4d([10, 20, 30, 40], shape), tf.tensor4d([100, 200, 300, 400], shape)];

describe('gatedSum', () => {
  it('adds the paths whose gates are on, image by image (Eq. 4)', () => {
    const gates = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    // image 0: shortcut + path 0; image 1: shortcut + path 1
    expect([...gatedSum(shortcut, gates, paths).dataSync()]).toEqual([11, 22, 303, 404]);
  });

  it('has the gradient of a product: paths get their gates, gates the inner product with their path', () => {
    const gates = tf.tensor2d([
      [1, 0],
      [0, 0.5],
    ]);
    const dy = tf.tensor4d([1, 2, 3, 4], shape);
    const [dshortcut, dgates, dpath0, dpath1] = tf.grads((s, g, a, b) =>
      gatedSum(s as tf.Tensor4D, g as tf.Tensor2D, [a as tf.Tensor4D, b as tf.Tensor4D]),
    )([shortcut, gates, ...paths], dy);
    expect([...dshortcut!.dataSync()]).toEqual([1, 2, 3, 4]);
    // 1·10 + 2·20, 1·100 + 2·200; 3·30 + 4·40, 3·300 + 4·400
    expect([...dgates!.dataSync()]).toEqual([50, 500, 250, 2500]);
    expect([...dpath0!.dataSync()]).toEqual([1, 2, 0, 0]);
    expect([...dpath1!.dataSync()]).toEqual([0, 0, 1.5, 2]);
  });

  it("has the gates' gradient that finite differences have, on maps of several rows and channels", () => {
    const wide = [2, 3, 2, 4] as [number, number, number, number];
    const make = (phase: number) =>
      tf.tensor4d(
        Float32Array.from({ length: 48 }, (_, i) => Math.sin(phase + 1.3 * i)),
        wide,
      );
    const [s, a, b, c, probe] = [make(0), make(1), make(2), make(3), make(4)] as const;
    const loss = (gates: tf.Tensor) => tf.sum(tf.mul(gatedSum(s, gates as tf.Tensor2D, [a, b, c]), probe));
    const start = Float32Array.of(1, 0, 1, 0, 0, 1);
    const numeric = numericalGradient((g) => loss(tf.tensor2d(g, [2, 3])).dataSync()[0]!, start);
    const analytic = tf.grad(loss)(tf.tensor2d(start, [2, 3]));
    // the sum is linear in the gates: rounding alone
    expect(maxRelativeDifference(analytic.dataSync(), numeric)).toBeLessThan(1e-4);
  });

  it('keeps nothing behind and leaves its arguments', () => {
    const gates = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    expectNoLeak(() => gatedSum(shortcut, gates, paths));
    expectNoLeak(() => tf.grad((g) => tf.sum(gatedSum(shortcut, g as tf.Tensor2D, paths)))(gates));
    expect(shortcut.isDisposed).toBe(false);
  });
});
