import { expectNoLeak, maxRelativeDifference } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { conv2d } from './conv2d.js';

const numbers = (shape: [number, number, number, number], seed: number) =>
  tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed);

describe('conv2d', () => {
  it.each([
    { size: [5, 4], kernel: 3, stride: 1, pad: 'same', images: 2 },
    { size: [7, 5], kernel: 3, stride: 2, pad: 'valid', images: 1 },
    { size: [6, 5], kernel: 2, stride: 2, pad: 'same', images: 3 },
    { size: [4, 7], kernel: 1, stride: 1, pad: 'same', images: 1 },
    { size: [5, 5], kernel: 1, stride: 2, pad: 'valid', images: 2 },
    { size: [1, 1], kernel: 1, stride: 1, pad: 'valid', images: 1 },
  ] as const)('is tf.conv2d, value and gradients: %j', ({ size, kernel, stride, pad, images }) => {
    const x = numbers([images, ...size, 3], 1);
    const w = numbers([kernel, kernel, 3, 5], 2);
    const run = (f: typeof conv2d) => {
      const loss = (x: tf.Tensor, w: tf.Tensor) =>
        tf.sum(tf.square(f(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad)));
      return [f(x, w, stride, pad), ...tf.grads(loss)([x, w])];
    };
    const expected = run(tf.conv2d);
    for (const [i, ours] of run(conv2d).entries())
      expect(maxRelativeDifference(ours.dataSync(), expected[i]!.dataSync())).toBeLessThan(1e-6);
  });

  it('computes the gradient towards the images only if somebody wants it', async () => {
    const [x, w] = [numbers([1, 4, 4, 2], 1), numbers([3, 3, 2, 2], 2)];
    const kernelsFor = async (gradient: () => tf.Tensor) =>
      (await tf.profile(gradient)).kernels
        .map(({ name }) => name)
        .filter((name) => name.includes('Backprop'));
    const loss = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.sum(conv2d(x, w, 1, 'same'));
    expect(await kernelsFor(() => tf.grad((w) => loss(x, w as tf.Tensor4D))(w))).toEqual([
      'Conv2DBackpropFilter',
    ]);
    expect(await kernelsFor(() => tf.grad((x) => loss(x as tf.Tensor4D, w))(x))).toEqual([
      'Conv2DBackpropInput',
    ]);
  });

  it('keeps nothing behind and leaves its arguments, whichever gradients are wanted', () => {
    const [x, w] = [numbers([1, 4, 4, 2], 1), numbers([3, 3, 2, 2], 2)];
    const loss = (x: tf.Tensor, w: tf.Tensor) =>
      tf.sum(tf.square(conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')));
    expectNoLeak(() => conv2d(x, w, 1, 'same'));
    expectNoLeak(() => tf.grads(loss)([x, w]));
    expectNoLeak(() => tf.grad((x) => loss(x, w))(x));
    expectNoLeak(() => tf.grad((w) => loss(x, w))(w));
    expect([x.isDisposed, w.isDisposed]).toEqual([false, false]);
  });

  it('frees what it kept once both gradients are there', () => {
    const [x, w] = [numbers([1, 4, 4, 2], 1), numbers([3, 3, 2, 2], 2)];
    let tensors = 0;
    const count = (phase: (now: number) => void) =>
      tf.customGrad((y) => ({
        value: tf.clone(y as tf.Tensor),
        gradFunc: (dy: tf.Tensor) => {
          phase(tf.memory().numTensors);
          return tf.clone(dy);
        },
      }));
    const start = count((now) => (tensors = now - tensors));
    const end = count((now) => (tensors = now));
    tf.grads((x, w) => tf.sum(end(conv2d(start(x) as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'))))([x, w]);
    // came: the gradient of `end` and both of its own; went: the gradient of `end`, x and w as they were kept
    expect(tensors).toBe(0);
  });

  it('works where a backend lacks the kernels of the gradient', () => {
    const [x, w] = [numbers([1, 3, 3, 1], 1), numbers([3, 3, 1, 1], 2)];
    const expected = conv2d(x, w, 1, 'same').dataSync();
    const kernel = tf.getKernel('Conv2DBackpropFilter', 'cpu');
    tf.unregisterKernel('Conv2DBackpropFilter', 'cpu');
    try {
      expect(conv2d(x, w, 1, 'same').dataSync()).toEqual(expected);
      expect(() => tf.grad((w) => tf.sum(conv2d(x, w as tf.Tensor4D, 1, 'same')))(w)).toThrow(
        /Conv2DBackpropFilter/,
      );
    } finally {
      tf.registerKernel(kernel);
    }
  });
});
