import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { normal, onBackend } from '../fixtures/on-backend.js';

const EPSILON = 1e-5;
const run = (name: string, inputs: Record<string, tf.Tensor>): tf.Tensor[] =>
  tf.engine().runKernel(name, inputs, { epsilon: EPSILON });

/** Batch normalisation by its definition, in doubles, and its gradient by the chain rule through the statistics. */
function reference(x: number[], dy: number[], scale: number[], offset: number[]) {
  const channels = scale.length;
  const rows = x.length / channels;
  const column = (values: number[], c: number): number[] => values.filter((_, i) => i % channels === c);
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  const [y, dx] = [new Array<number>(x.length), new Array<number>(x.length)];
  const [means, variances, dscale, doffset]: number[][] = [[], [], [], []];
  for (let c = 0; c < channels; c++) {
    const values = column(x, c);
    const upstream = column(dy, c);
    const mean = sum(values) / rows;
    const variance = sum(values.map((v) => (v - mean) ** 2)) / rows;
    const normalised = values.map((v) => (v - mean) / Math.sqrt(variance + EPSILON));
    const [s, o] = [sum(upstream.map((d, i) => d * normalised[i]!)), sum(upstream)];
    for (let r = 0; r < rows; r++) {
      y[r * channels + c] = scale[c]! * normalised[r]! + offset[c]!;
      // d/dx of (x − mean)/deviation takes away the parts of dy along 1 and along x̂
      dx[r * channels + c] =
        (scale[c]! / Math.sqrt(variance + EPSILON)) * (upstream[r]! - o / rows - (normalised[r]! * s) / rows);
    }
    means!.push(mean);
    variances!.push(variance);
    dscale!.push(s);
    doffset!.push(o);
  }
  return [y, means!, variances!, dx, dscale!, doffset!];
}

beforeAll(() => chooseBackend({ prefer: 'wasm', threads: 1 }));

describe('batch normalisation on wasm', () => {
  // channels that are a multiple of 4, of 2, and neither; rows with and without a remainder; a single row
  it.each([
    [[3, 4, 5, 8], 8],
    [[2, 3, 3, 6], 6],
    [[5, 7], 7],
    [[3, 1, 3, 9], 9],
    [[1, 1, 1, 5], 5],
    [[64, 10], 10],
  ])('of %j is what its definition says', async (shape, channels) => {
    const make = (): [tf.Tensor, tf.Tensor, tf.Tensor1D, tf.Tensor1D] => [
      tf.add(tf.mul(normal(shape as [number, number, number, number], 1), 3), 10), // far from zero
      normal(shape as [number, number, number, number], 2),
      normal<tf.Rank.R1>([channels], 3),
      normal<tf.Rank.R1>([channels], 4),
    ];
    const [x, dy, scale, offset] = (await onBackend('wasm', make)) as [
      number[],
      number[],
      number[],
      number[],
    ];
    const expected = reference(x, dy, scale, offset);
    const got = await onBackend('wasm', () => {
      const [x, dy, scale, offset] = make();
      const [y, mean, variance] = run('DmnnBatchNormTrain', { x, scale, offset }) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      return [y, mean, variance, ...run('DmnnBatchNormTrainGrad', { dy, x, scale, mean, variance })];
    });
    for (const [k, values] of expected.entries()) {
      const scaleOf = Math.max(1, ...values.map(Math.abs));
      expect(got[k]).toHaveLength(values.length);
      // a few roundings of float32 at the size of the numbers; one row divides by √epsilon
      for (const [i, value] of values.entries()) {
        expect(Math.abs(got[k]![i]! - value) / scaleOf).toBeLessThan(shape[0] === 1 ? 3e-4 : 3e-6);
      }
    }
  });

  it('keeps its precision over many rows', async () => {
    // 0.1 is not a float: added up one by one in float32, a million of them are off in the third digit
    const [, mean, variance] = await onBackend('wasm', () =>
      run('DmnnBatchNormTrain', {
        x: tf.fill([250_000, 4], 0.1),
        scale: tf.ones([4]),
        offset: tf.zeros([4]),
      }),
    );
    for (const value of mean!) expect(Math.abs(value - Math.fround(0.1))).toBeLessThan(1e-8);
    for (const value of variance!) expect(value).toBeLessThan(1e-14);
  });

  it('shows NaN', async () => {
    const [y] = await onBackend('wasm', () =>
      run('DmnnBatchNormTrain', { x: tf.tensor2d([[NaN], [1]]), scale: tf.ones([1]), offset: tf.zeros([1]) }),
    );
    expect(y).toEqual([NaN, NaN]);
  });
});
