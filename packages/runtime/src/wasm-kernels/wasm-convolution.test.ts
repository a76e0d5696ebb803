import { numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { normal, onBackend, relativeDifferences } from '../fixtures/on-backend.js';

type Padding = 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]];
const explicit = (top: number, bottom: number, left: number, right: number): Padding => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

/** Batch, height, width, input channels, output channels, kernel height and width, stride, padding. */
type Case = [number, number, number, number, number, number, number, number, Padding];

// every way through the tiles: 4 and 8 channels, remainders of both, rows that are no multiple of 4
const cases: Case[] = [
  [2, 9, 7, 4, 8, 3, 3, 1, 'same'],
  [3, 9, 7, 3, 9, 3, 3, 2, explicit(1, 1, 1, 1)],
  [1, 5, 5, 5, 6, 1, 1, 2, 'valid'],
  [70, 2, 2, 19, 13, 3, 3, 1, explicit(1, 1, 1, 1)], // many images of few pixels
  [2, 40, 33, 3, 17, 7, 7, 2, explicit(3, 3, 3, 3)], // more than one block of rows
  [2, 6, 5, 7, 5, 2, 2, 3, 'valid'], // stride above the kernel: some inputs are never seen
  [1, 1, 1, 1, 1, 3, 3, 2, explicit(1, 1, 1, 1)],
  [2, 6, 5, 7, 5, 3, 3, 2, 'same'],
  [2, 6, 8, 10, 5, 3, 2, 1, explicit(2, 0, 0, 4)],
  [9, 8, 8, 12, 20, 3, 3, 1, 'same'],
];
const tolerance = 2e-6; // float32 sums of up to a few thousand products, in another order

beforeAll(async () => {
  const report = await chooseBackend({ prefer: 'wasm', threads: 3 });
  expect(report.threads).toBe(3);
});

describe('convolution on wasm', () => {
  it.each(cases)('of %i × %i × %i × %i → %i, kernel %i × %i, stride %i, %j', async (...sizes) => {
    const [batch, height, width, inChannels, outChannels, kernelHeight, kernelWidth, stride, pad] = sizes;
    const body = (): tf.Tensor[] => {
      const x = normal<tf.Rank.R4>([batch, height, width, inChannels], 1);
      const w = normal<tf.Rank.R4>([kernelHeight, kernelWidth, inChannels, outChannels], 2);
      const y = tf.conv2d(x, w, stride, pad, 'NHWC', 1, typeof pad === 'string' ? undefined : 'floor');
      const dy = normal<tf.Rank.R4>(y.shape, 3);
      const run = (name: string, inputs: Record<string, tf.Tensor>, shapes: object): tf.Tensor =>
        tf.engine().runKernel(name, inputs, {
          strides: stride,
          pad,
          dataFormat: 'NHWC',
          dimRoundingMode: typeof pad === 'string' ? undefined : 'floor',
          ...shapes,
        } as unknown as tf.NamedAttrMap);
      return [
        y,
        run('Conv2DBackpropInput', { dy, filter: w }, { inputShape: x.shape }),
        run('Conv2DBackpropFilter', { dy, x }, { filterShape: w.shape }),
      ];
    };
    for (const difference of await relativeDifferences('wasm', 'cpu', body)) {
      expect(difference).toBeLessThan(tolerance);
    }
  });

  it('of any size, forwards and backwards', async () => {
    const size = fc.record({
      batch: fc.integer({ min: 1, max: 5 }),
      height: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 1, max: 9 }),
      inChannels: fc.integer({ min: 1, max: 9 }),
      outChannels: fc.integer({ min: 1, max: 13 }),
      kernel: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      seed: fc.integer({ min: 1, max: 1000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        size,
        async ({ batch, height, width, inChannels, outChannels, kernel, stride, seed }) => {
          const differences = await relativeDifferences('wasm', 'cpu', () => {
            const x = normal<tf.Rank.R4>([batch, height, width, inChannels], seed);
            const w = normal<tf.Rank.R4>([kernel, kernel, inChannels, outChannels], seed + 1);
            const f = (x: tf.Tensor, w: tf.Tensor): tf.Scalar =>
              tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, 'same')));
            return [f(x, w), ...tf.grads(f)([x, w])];
          });
          for (const difference of differences) expect(difference).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 40, seed: 7 },
    );
  });

  it('agrees with finite differences', async () => {
    await tf.setBackend('wasm');
    const x = normal<tf.Rank.R4>([1, 4, 5, 2], 1);
    const w = normal<tf.Rank.R4>([3, 3, 2, 3], 2);
    const f = (x: tf.Tensor4D, w: tf.Tensor4D): tf.Scalar => tf.sum(tf.sin(tf.conv2d(x, w, 2, 'same')));
    const [dx, dw] = tf.grads((x, w) => f(x as tf.Tensor4D, w as tf.Tensor4D))([x, w]) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const value = (make: () => tf.Scalar): number => tf.tidy(make).dataSync()[0] as number;
    const numericalX = numericalGradient((v) => value(() => f(tf.tensor4d(v, x.shape), w)), x.dataSync());
    const numericalW = numericalGradient((v) => value(() => f(x, tf.tensor4d(v, w.shape))), w.dataSync());
    // central differences of step 1e-2 of a function with third derivatives up to about 10²
    for (const [i, d] of dx.dataSync().entries()) expect(Math.abs(d - numericalX[i]!)).toBeLessThan(2e-2);
    for (const [i, d] of dw.dataSync().entries()) expect(Math.abs(d - numericalW[i]!)).toBeLessThan(2e-2);
  });

  it('dilates forwards', async () => {
    const body = (): tf.Tensor[] => [
      tf.conv2d(
        normal<tf.Rank.R4>([2, 9, 10, 3], 1),
        normal<tf.Rank.R4>([3, 2, 3, 5], 2),
        1,
        'same',
        'NHWC',
        [2, 3],
      ),
    ];
    expect((await relativeDifferences('wasm', 'cpu', body))[0]).toBeLessThan(tolerance);
  });

  it('refuses NCHW', async () => {
    await tf.setBackend('wasm');
    const call = (): tf.Tensor =>
      tf.conv2d(tf.zeros<tf.Rank.R4>([1, 2, 3, 3]), tf.zeros<tf.Rank.R4>([1, 1, 2, 2]), 1, 'valid', 'NCHW');
    expect(call).toThrow(expect.objectContaining({ code: 'DMNN_BACKEND' }));
    expect(call).toThrow("dataFormat: expected 'NHWC', got 'NCHW'");
  });

  it('is the same to the last bit on one thread and on three', async () => {
    const body = (): tf.Tensor[] => {
      const x = normal<tf.Rank.R4>([13, 8, 8, 9], 1);
      const w = normal<tf.Rank.R4>([3, 3, 9, 7], 2);
      const f = (x: tf.Tensor, w: tf.Tensor): tf.Scalar =>
        tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')));
      return [tf.conv2d(x, w, 1, 'same'), ...tf.grads(f)([x, w])];
    };
    const first = await onBackend('wasm', body);
    // whichever thread takes which part, from which it must not depend
    for (let i = 0; i < 5; i++) expect(await onBackend('wasm', body)).toEqual(first);
    const factory = tf.findBackendFactory('wasm');
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', factory);
    await chooseBackend({ prefer: 'wasm', threads: 1 });
    expect(await onBackend('wasm', body)).toEqual(first);
  });
});

describe('depth-wise convolution on wasm', () => {
  const depthwise: [number, number, number, number, number, number, number, number, Padding][] = [
    [2, 9, 7, 8, 1, 3, 3, 1, 'same'],
    [3, 9, 7, 5, 1, 3, 3, 2, explicit(1, 1, 1, 1)],
    [2, 8, 8, 3, 2, 3, 3, 2, 'same'],
    [1, 5, 6, 4, 3, 5, 2, 1, 'valid'],
    [1, 2, 2, 6, 1, 3, 3, 2, explicit(0, 2, 0, 2)],
    [2, 4, 4, 2, 1, 3, 3, 3, explicit(4, 4, 4, 4)], // windows that lie in the padding alone
  ];
  it.each(depthwise)(
    'of %i × %i × %i × %i, multiplier %i, kernel %i × %i, stride %i, %j',
    async (...sizes) => {
      const [batch, height, width, channels, multiplier, kernelHeight, kernelWidth, stride, pad] = sizes;
      const body = (): tf.Tensor[] => {
        const x = normal<tf.Rank.R4>([batch, height, width, channels], 1);
        const w = normal<tf.Rank.R4>([kernelHeight, kernelWidth, channels, multiplier], 2);
        const f = (x: tf.Tensor, w: tf.Tensor): tf.Scalar => {
          const rounding = typeof pad === 'string' ? undefined : 'floor';
          const y = tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad, 'NHWC', 1, rounding);
          return tf.sum(tf.mul(y, normal(y.shape, 3)));
        };
        return [f(x, w), ...tf.grads(f)([x, w])];
      };
      for (const difference of await relativeDifferences('wasm', 'cpu', body))
        expect(difference).toBeLessThan(1e-5);
    },
  );

  it('dilated, against finite differences', async () => {
    // tfjs-core refuses to differentiate it, but its kernels take dilations
    await tf.setBackend('wasm');
    const x = normal<tf.Rank.R4>([1, 6, 5, 2], 1);
    const w = normal<tf.Rank.R4>([2, 2, 2, 2], 2);
    const dy = normal<tf.Rank.R4>([1, 4, 4, 4], 3);
    const f = (x: tf.Tensor4D, w: tf.Tensor4D): number =>
      tf.tidy(() => tf.sum(tf.mul(dy, tf.depthwiseConv2d(x, w, 1, 'valid', 'NHWC', [2, 1])))).dataSync()[0]!;
    const attributes = { strides: 1, pad: 'valid', dilations: [2, 1] };
    const run = (
      direction: 'Input' | 'Filter',
      inputs: Record<string, tf.Tensor>,
      shape: object,
    ): Float32Array => {
      const name = `DepthwiseConv2dNativeBackprop${direction}`;
      const result: tf.Tensor = tf.engine().runKernel(name, inputs, { ...attributes, ...shape });
      return result.dataSync<'float32'>();
    };
    const dx = run('Input', { dy, filter: w }, { inputShape: x.shape });
    const dw = run('Filter', { dy, x }, { filterShape: w.shape });
    // linear in each, so that differences are exact but for rounding
    const numericalX = numericalGradient((v) => f(tf.tensor4d(v, x.shape), w), x.dataSync(), 0.1);
    const numericalW = numericalGradient((v) => f(x, tf.tensor4d(v, w.shape)), w.dataSync(), 0.1);
    for (const [i, d] of dx.entries()) expect(Math.abs(d - numericalX[i]!)).toBeLessThan(1e-4);
    for (const [i, d] of dw.entries()) expect(Math.abs(d - numericalW[i]!)).toBeLessThan(1e-4);
  });
});
