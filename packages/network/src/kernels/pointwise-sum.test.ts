import type { Clip } from '@dmnn/architecture';
import { expectNoLeak, registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PointwiseSum, pointwiseSum } from './pointwise-sum.js';

const EPSILON = 1e-3;

interface Case {
  readonly images: number;
  readonly size: readonly [height: number, width: number];
  /** Of each path. */
  readonly hidden: readonly number[];
  readonly channels: number;
  readonly gated: boolean;
  readonly projection: boolean;
  readonly activation: Clip;
  readonly views: number;
  readonly pooled: boolean;
  readonly seed: number;
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    images: fc.integer({ min: 2, max: 4 }),
    size: fc.constantFrom([1, 2], [3, 5], [4, 4]),
    hidden: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    channels: fc.constantFrom(1, 3, 8),
    gated: fc.boolean(),
    projection: fc.boolean(),
    activation: fc.constantFrom<Clip>('none', 'relu', 'relu6'),
    views: fc.integer({ min: 0, max: 2 }),
    pooled: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map((of) => ({ ...of, views: of.views === 0 && !of.pooled ? 1 : of.views }));

const numbers = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** All tensors that have a gradient, in the order of `settingsOf`. */
function tensorsOf({ images, size, hidden, channels, gated, projection, seed }: Case): tf.Tensor[] {
  const norms = hidden.length + Number(projection);
  const vectors = (from: number) => Array.from({ length: norms }, (_, m) => numbers([channels], from + m));
  const open = Float32Array.from(
    { length: images * hidden.length },
    (_, i) => [0, 1, 1, 0.3][(seed + 7 * i) % 4]!,
  );
  return [
    ...hidden.map((k, p) => numbers([images, ...size, k], seed + p)),
    ...hidden.map((k, p) => numbers([1, 1, k, channels], seed + 10 + p)),
    ...vectors(seed + 20),
    ...vectors(seed + 30),
    numbers([images, ...size, channels], seed + 40),
    ...(gated ? [tf.tensor2d(open, [images, hidden.length])] : []),
  ];
}

function settingsOf(
  { hidden, gated, projection, activation, views, pooled }: Case,
  tensors: readonly tf.Tensor[],
) {
  const queue = [...tensors];
  const take = (count: number): tf.Tensor[] => queue.splice(0, count);
  const xs = take(hidden.length) as tf.Tensor4D[];
  const weights = take(hidden.length) as tf.Tensor4D[];
  const norms = hidden.length + Number(projection);
  const [scales, offsets] = [take(norms), take(norms)] as [tf.Tensor1D[], tf.Tensor1D[]];
  const normalisations = scales.map((scale, m) => ({
    scale,
    offset: offsets[m]!,
    onStatistics: () => undefined,
  }));
  const [shortcut] = take(1) as [tf.Tensor4D];
  const settings: PointwiseSum = {
    paths: xs.map((x, p) => ({
      x,
      weight: weights[p]!,
      normalisation: normalisations[p]!,
      gate: gated ? p : undefined,
    })),
    epsilon: EPSILON,
    gates: gated ? (take(1)[0] as tf.Tensor2D) : undefined,
    shortcut,
    shortcutNormalisation: normalisations[hidden.length],
    activation,
    views,
    pooled,
  };
  return settings;
}

/** The same sum of operations that have gradients in tfjs. */
function composed({
  paths,
  shortcut,
  shortcutNormalisation,
  gates,
  activation,
  views,
  pooled,
}: PointwiseSum) {
  const normalised = (x: tf.Tensor4D, { scale, offset }: { scale: tf.Tensor1D; offset: tf.Tensor1D }) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.add<tf.Tensor4D>(
      tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPSILON))), scale),
      offset,
    );
  };
  const terms = paths.map(({ x, weight, normalisation, gate }) => {
    const y = normalised(tf.conv2d(x, weight, 1, 'valid'), normalisation);
    if (gate === undefined) return y;
    const column = tf.slice(gates!, [0, gate], [x.shape[0], 1]);
    return tf.mul<tf.Tensor4D>(y, tf.reshape(column, [x.shape[0], 1, 1, 1]));
  });
  const around = shortcutNormalisation ? normalised(shortcut, shortcutNormalisation) : shortcut;
  const sum = terms.reduce((a, b) => tf.add(a, b), around);
  const y = activation === 'none' ? sum : tf[activation](sum);
  return [...Array.from({ length: views }, () => y), ...(pooled ? [tf.mean(y, [1, 2])] : [])];
}

function fused(settings: PointwiseSum): tf.Tensor[] {
  const { views, pooled } = pointwiseSum(settings);
  return [...views.flat(), ...(pooled ? [pooled] : [])];
}

/** Every output counts, each in its own way. */
function lossOf(outputs: readonly tf.Tensor[], seed: number): tf.Scalar {
  const terms = outputs.map((output, i) => tf.sum(tf.mul(output, numbers(output.shape, seed + 50 + i))));
  return terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
}

/** Largest difference, of one at least; NaN stays. */
function difference(a: tf.Tensor, b: tf.Tensor): number {
  expect(a.shape).toEqual(b.shape);
  const expected = Array.from(b.dataSync());
  const scale = Math.max(1, ...expected.map(Math.abs));
  const off = Array.from(a.dataSync()).map((value, k) => Math.abs(value - expected[k]!) / scale);
  return off.reduce((worst, each) => (each <= worst ? worst : each), 0);
}

let unregister: () => void;
beforeAll(() => {
  unregister = registerReferenceKernels();
});
afterAll(() => {
  unregister();
});

describe('pointwiseSum', () => {
  it('is the composition of its parts, with its gradients', () => {
    fc.assert(
      fc.property(anyCase, (of) => {
        tf.tidy(() => {
          const tensors = tensorsOf(of);
          const [ours, theirs] = [fused, composed].map((run) => run(settingsOf(of, tensors)));
          ours!.forEach((each, i) => {
            expect(difference(each, theirs![i]!)).toBeLessThan(2e-5);
          });
          const [got, expected] = [fused, composed].map((run) =>
            tf.grads((...args) => lossOf(run(settingsOf(of, args)), of.seed))(tensors),
          );
          got!.forEach((each, i) => {
            expect(difference(each, expected![i]!)).toBeLessThan(5e-4);
          });
        });
      }),
      // the same cases every time: a number within rounding of 0 has either gradient of ReLU
      { seed: 4, numRuns: 100 },
    );
  });

  it('keeps nothing behind, with and without a tape, whichever gradient is wanted', () => {
    fc.assert(
      fc.property(anyCase, fc.nat(), (of, choice) => {
        const tensors = tensorsOf(of);
        const wanted = choice % tensors.length;
        const inPlace = (one: tf.Tensor) => tensors.map((each, i) => (i === wanted ? one : each));
        expectNoLeak(() => fused(settingsOf(of, tensors)));
        expectNoLeak(() => tf.grads((...args) => lossOf(fused(settingsOf(of, args)), of.seed))(tensors));
        expectNoLeak(() =>
          tf.grad((one) => lossOf(fused(settingsOf(of, inPlace(one))), of.seed))(tensors[wanted]!),
        );
        expect(tensors.some(({ isDisposed }) => isDisposed)).toBe(false);
        tf.dispose(tensors);
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  it('reports mean and biased variance of the convolutions and of the shortcut, once each', () => {
    const seen: number[][] = [];
    const normalisation = () => ({
      scale: tf.ones<tf.Rank.R1>([1]),
      offset: tf.ones<tf.Rank.R1>([1]),
      onStatistics: (mean: tf.Tensor, variance: tf.Tensor) =>
        seen.push([...mean.dataSync(), ...variance.dataSync()]),
    });
    pointwiseSum({
      // times (2, 1): 2, 4, 7, 15
      paths: [
        {
          x: tf.tensor4d([1, 0, 1, 2, 3, 1, 6, 3], [1, 2, 2, 2]),
          weight: tf.tensor4d([2, 1], [1, 1, 2, 1]),
          normalisation: normalisation(),
        },
      ],
      epsilon: EPSILON,
      shortcut: tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]),
      shortcutNormalisation: normalisation(),
      activation: 'none',
      views: 1,
      pooled: false,
    });
    // 28 / 4, squares of −5, −3, 0, 8 over 4; 12 / 4, squares of −2, −1, 0, 3 over 4
    expect(seen).toEqual([
      [7, 24.5],
      [3, 3.5],
    ]);
  });
});
