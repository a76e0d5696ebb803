import type { ConvUnit, SlidingWindow } from '@dmnn/architecture';
import { paddingSides } from '@dmnn/architecture';
import { maxAbsoluteDifference, registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packFilter, packedConvolution } from '../kernels/packed-convolution.js';
import { biasedConvolution, convolution, maxPool } from './sliding-windows.js';

/** A window on a map of any height and width; as many pixels of padding on both axes. */
const windows = fc
  .record({
    kernelSize: fc.constantFrom(1, 3, 5, 7),
    stride: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    form: fc.constantFrom('same', 'sides'),
    together: fc.integer({ min: 0, max: 7 }),
    top: fc.integer({ min: 0, max: 7 }),
    left: fc.integer({ min: 0, max: 7 }),
  })
  .map(({ kernelSize, stride, height, width, form, ...pixels }) => {
    const together = Math.min(pixels.together, kernelSize);
    const [top, left] = [Math.min(pixels.top, together), Math.min(pixels.left, together)];
    const sides = { top, bottom: together - top, left, right: together - left };
    const window: SlidingWindow = { kernelSize, stride, padding: form === 'same' ? form : sides };
    return { window, height, width };
  })
  .filter(({ window, height, width }) => {
    const { top, bottom } = paddingSides(window, height);
    const { left, right } = paddingSides(window, height, width);
    return height + top + bottom >= window.kernelSize && width + left + right >= window.kernelSize;
  });

/** Calls for every output pixel with the pixels that its window reads: tap, row and column. */
function plainWindows(
  window: SlidingWindow,
  height: number,
  width: number,
  visit: (to: number, reads: readonly { tap: number; at: number }[]) => void,
): { rows: number; columns: number } {
  const { kernelSize, stride, padding } = window;
  // TensorFlow's words, written out again: out = ⌈in / stride⌉, padding before = ⌊total / 2⌋
  const axis = (size: number, [before, after]: readonly [number, number]) => {
    if (padding !== 'same')
      return { count: Math.floor((size + before + after - kernelSize) / stride) + 1, before };
    const count = Math.ceil(size / stride);
    return { count, before: Math.floor(Math.max((count - 1) * stride + kernelSize - size, 0) / 2) };
  };
  const { top, bottom, left, right } = paddingSides(window, height, width);
  const [vertical, horizontal] = [axis(height, [top, bottom]), axis(width, [left, right])];
  for (let i = 0; i < vertical.count; i++) {
    for (let j = 0; j < horizontal.count; j++) {
      const reads: { tap: number; at: number }[] = [];
      for (let tap = 0; tap < kernelSize ** 2; tap++) {
        const row = i * stride - vertical.before + Math.floor(tap / kernelSize);
        const column = j * stride - horizontal.before + (tap % kernelSize);
        if (row >= 0 && row < height && column >= 0 && column < width)
          reads.push({ tap, at: row * width + column });
      }
      visit(i * horizontal.count + j, reads);
    }
  }
  return { rows: vertical.count, columns: horizontal.count };
}

type Shape = [number, number, number, number];
const numbers = (shape: Shape, seed: number) => tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed);

/** A plain convolution: `[H', W', Cout]` of one image `[H, W, Cin]`, and the gradient of Σ upstream · y towards both. */
function plainConvolution(
  { window, height, width }: { window: SlidingWindow; height: number; width: number },
  { groups, inChannels, outChannels }: Pick<ConvUnit, 'groups' | 'inChannels' | 'outChannels'>,
  [x, weight]: readonly [tf.Tensor4D, tf.Tensor4D],
) {
  const [image, filter] = [x.dataSync(), weight.dataSync()];
  const inner = inChannels / groups;
  const y: number[] = [];
  const dx = new Float64Array(image.length);
  const dweight = new Float64Array(filter.length);
  const upstream = (i: number) => Math.cos(i);
  const size = plainWindows(window, height, width, (to, reads) => {
    for (let o = 0; o < outChannels; o++) {
      const group = Math.floor(o / (outChannels / groups));
      const index = to * outChannels + o;
      let sum = 0;
      for (const { tap, at } of reads) {
        for (let i = 0; i < inner; i++) {
          const [pixel, place] = [at * inChannels + group * inner + i, (tap * inner + i) * outChannels + o];
          sum += image[pixel]! * filter[place]!;
          dx[pixel] = dx[pixel]! + filter[place]! * upstream(index);
          dweight[place] = dweight[place]! + image[pixel]! * upstream(index);
        }
      }
      y[index] = sum;
    }
  });
  return { size, y, dx: [...dx], dweight: [...dweight], upstream };
}

function expectClose(got: ArrayLike<number>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  expect(maxAbsoluteDifference([...Array.from(got)], expected) / scale).toBeLessThan(1e-5);
}

describe('with any padding', () => {
  it('a convolution is the plain one, grouped, depth-wise or not, in every form and with its gradients', () => {
    const unregister = registerReferenceKernels();
    fc.assert(
      fc.property(windows, fc.constantFrom(1, 2, 4), (at, groups) => {
        tf.tidy(() => {
          const { window, height, width } = at;
          const channels = { inChannels: 4, outChannels: 4, groups };
          const x = numbers([1, height, width, 4], 1);
          const weight = numbers([window.kernelSize, window.kernelSize, 4 / groups, 4], 2);
          const plain = plainConvolution(at, channels, [x, weight]);
          const unit = { ...window, groups, activation: 'none' } as const;
          const run = (x: tf.Tensor, weight: tf.Tensor) =>
            convolution(x as tf.Tensor4D, weight as tf.Tensor4D, unit);
          const y = run(x, weight);
          expect(y.shape).toEqual([1, plain.size.rows, plain.size.columns, 4]);
          expectClose(y.dataSync(), plain.y);
          const bias = tf.tensor1d([0, 1, 2, 3]);
          const shifted = plain.y.map((value, i) => value + (i % 4));
          expectClose(biasedConvolution(x, weight, bias, unit).dataSync(), shifted);
          if (groups === 1) {
            const packed = { packed: packFilter(weight), bias };
            expectClose(packedConvolution(x, packed, window, 'none').dataSync(), shifted);
          }
          const dy = tf.tensor(
            plain.y.map((_, i) => plain.upstream(i)),
            y.shape,
          );
          const [dx, dweight] = tf.grads(run)([x, weight], dy) as [tf.Tensor, tf.Tensor];
          expectClose(dx.dataSync(), plain.dx);
          expectClose(dweight.dataSync(), plain.dweight);
        });
      }),
      { numRuns: 60 },
    );
    unregister();
  });

  it('a max pool is the largest of what its window reads', () => {
    const inside = windows.filter(({ window, height }) =>
      Object.values(paddingSides(window, height)).every((pixels) => 2 * pixels <= window.kernelSize),
    );
    fc.assert(
      fc.property(inside, ({ window, height, width }) => {
        tf.tidy(() => {
          const x = numbers([1, height, width, 1], 3);
          const pixels = x.dataSync();
          const expected: number[] = [];
          const { rows, columns } = plainWindows(window, height, width, (to, reads) => {
            expected[to] = Math.max(...reads.map(({ at }) => pixels[at]!));
          });
          const y = maxPool(x, window);
          expect(y.shape).toEqual([1, rows, columns, 1]);
          expect([...y.dataSync()]).toEqual(expected);
        });
      }),
      { numRuns: 60 },
    );
  });
});
