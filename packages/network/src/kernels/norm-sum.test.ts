import type { Activation } from '@dmnn/architecture';
import { expectNoLeak, registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasNormSum } from './custom-operation.js';
import { type NormSum, normSum } from './norm-sum.js';

const EPSILON = 1e-5;

/** A sum to compute: everything but its numbers. */
interface Case {
  readonly images: number;
  readonly size: readonly [height: number, width: number];
  readonly channels: number;
  readonly normalised: boolean;
  /** For each path: which column of the gates, or none. */
  readonly columns: readonly (number | undefined)[];
  readonly gates: number;
  readonly shortcut: boolean;
  readonly activation: Activation;
  readonly splits: readonly number[];
  readonly views: number;
  readonly pooled: boolean;
  readonly seed: number;
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    images: fc.integer({ min: 1, max: 4 }),
    size: fc.constantFrom([1, 1], [1, 2], [7, 5], [4, 4]),
    channels: fc.constantFrom(1, 3, 8, 38),
    normalised: fc.boolean(),
    gates: fc.integer({ min: 0, max: 4 }),
    paths: fc.integer({ min: 1, max: 4 }),
    shortcut: fc.boolean(),
    activation: fc.constantFrom<Activation>('none', 'relu', 'relu6'),
    split: fc.boolean(),
    views: fc.integer({ min: 0, max: 2 }),
    pooled: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .chain(({ paths, split, ...rest }) =>
    fc
      .array(fc.option(fc.integer({ min: 0, max: Math.max(0, rest.gates - 1) }), { nil: undefined }), {
        minLength: paths,
        maxLength: paths,
      })
      .map((columns): Case => {
        const { images, size, channels, gates, views, pooled, shortcut, activation } = rest;
        const [height, width] = size;
        // batch norm over a single value is refused before it comes here
        const normalised = rest.normalised && images * height * width > 1;
        const ungated =
          (split && activation !== 'none') || gates === 0 || columns.every((column) => column === undefined);
        const splittable = activation === 'none' || (paths === 1 && !shortcut && normalised);
        return {
          ...rest,
          columns: ungated ? columns.map(() => undefined) : columns,
          gates: ungated ? 0 : gates,
          normalised,
          splits: split && splittable && channels > 3 ? [1, channels - 3, 2] : [],
          views: views === 0 && !pooled ? 1 : views,
        };
      }),
  );

const numbers = (shape: number[], seed: number, scale = 1) =>
  tf.randomNormal(shape, 0, scale, 'float32', seed);

/** All tensors that have a gradient, in the order of `settingsOf`. */
function tensorsOf(of: Case): tf.Tensor[] {
  const { images, size, channels, columns, gates, seed } = of;
  const shape = [images, ...size, channels];
  const norms = of.normalised ? columns : [];
  const open = Float32Array.from({ length: images * gates }, (_, i) => [0, 1, 1, 0.3][(seed + 7 * i) % 4]!);
  return [
    ...columns.map((_, p) => numbers(shape, seed + p, 2)),
    ...norms.map((_, p) => numbers([channels], seed + 10 + p)),
    ...norms.map((_, p) => numbers([channels], seed + 20 + p)),
    ...(gates > 0 ? [tf.tensor2d(open, [images, gates])] : []),
    ...(of.shortcut ? [numbers(shape, seed + 30)] : []),
  ];
}

function settingsOf(of: Case, tensors: readonly tf.Tensor[]): NormSum {
  const queue = [...tensors];
  const take = (): tf.Tensor => queue.shift()!;
  const xs = of.columns.map(take) as tf.Tensor4D[];
  const scales = of.normalised ? (of.columns.map(take) as tf.Tensor1D[]) : [];
  const offsets = scales.map(take) as tf.Tensor1D[];
  const gates = of.gates > 0 ? (take() as tf.Tensor2D) : undefined;
  const shortcut = of.shortcut ? (take() as tf.Tensor4D) : undefined;
  return {
    paths: xs.map((x, p) => ({ x, ...(of.columns[p] !== undefined && { gate: of.columns[p] }) })),
    ...(of.normalised && {
      normalisations: scales.map((scale, p) => ({
        scale,
        offset: offsets[p]!,
        onStatistics: () => undefined,
      })),
    }),
    epsilon: EPSILON,
    ...(gates && { gates }),
    ...(shortcut && { shortcut }),
    activation: of.activation,
    splits: of.splits,
    views: of.views,
    pooled: of.pooled,
  };
}

/** The same sum of operations that have gradients in tfjs. */
function composed(settings: NormSum): tf.Tensor[] {
  const { paths, normalisations, gates, shortcut, activation, splits = [], views, pooled } = settings;
  const terms = paths.map(({ x, gate }, p) => {
    let y: tf.Tensor4D = x;
    const norm = normalisations?.[p];
    if (norm) {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const deviation = tf.sqrt(tf.add(variance, EPSILON));
      y = tf.add(tf.mul(tf.div(tf.sub(x, mean), deviation), norm.scale), norm.offset);
    }
    if (gate === undefined) return y;
    const images = x.shape[0];
    const column = tf.slice(gates!, [0, gate], [images, 1]);
    return tf.mul<tf.Tensor4D>(y, tf.reshape(column, [images, 1, 1, 1]));
  });
  const sum = [...(shortcut ? [shortcut] : []), ...terms].reduce((a, b) => tf.add(a, b));
  const y = composedActivations[activation](sum);
  const parts = splits.length > 0 ? tf.split(y, [...splits], 3) : [y];
  return [...Array.from({ length: views }, () => parts).flat(), ...(pooled ? [tf.mean(y, [1, 2])] : [])];
}

/** The activations, composed of operations that have gradients in tfjs. */
const composedActivations: { readonly [name in Activation]: (x: tf.Tensor4D) => tf.Tensor4D } = {
  none: (x) => x,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
  'hard-swish': (x) => tf.div(tf.mul(x, tf.relu6(tf.add(x, 3))), 6),
};

function fused(settings: NormSum): tf.Tensor[] {
  const { views, pooled } = normSum(settings);
  return [...views.flat(), ...(pooled ? [pooled] : [])];
}

/** Every output counts, each in its own way. */
function lossOf(outputs: readonly tf.Tensor[], seed: number): tf.Scalar {
  const terms = outputs.map((output, i) => tf.sum(tf.mul(output, numbers(output.shape, seed + 50 + i))));
  return terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
}

/** Largest difference, of one at least: of batch norm over two values nearly nothing is left, and rounding. */
function differences(a: readonly tf.Tensor[], b: readonly tf.Tensor[]): number[] {
  expect(a.map(({ shape }) => shape)).toEqual(b.map(({ shape }) => shape));
  return a.map((tensor, i) => {
    const [got, expected] = [tensor, b[i]!].map((each) => Array.from(each.dataSync())) as [
      number[],
      number[],
    ];
    const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    return got.reduce((worst, value, k) => {
      const off = Math.abs(value - expected[k]!) / scale;
      return off <= worst ? worst : off; // NaN stays
    }, 0);
  });
}

/** Nothing is done to the sum, and it is wanted once. */
const plain = { epsilon: EPSILON, activation: 'none', views: 1, pooled: false } as const;

let unregister: () => void;
beforeAll(() => {
  unregister = registerReferenceKernels();
});
afterAll(() => {
  unregister();
});

describe('normSum', () => {
  // those that the kernels can do, and one that follows them
  const curved = anyCase.map((of): Case => ({ ...of, activation: 'hard-swish' }));
  it.each([
    ['bounds', anyCase, 250],
    ['curves', curved, 60],
  ] as const)('is the composition of its parts, with its gradients: %s', (_, cases, numRuns) => {
    fc.assert(
      fc.property(cases, (of) => {
        tf.tidy(() => {
          const tensors = tensorsOf(of);
          const [ours, theirs] = [fused, composed].map((run) => run(settingsOf(of, tensors)));
          // without a tape a view is a tensor of its own all the same
          for (const off of differences(ours!, theirs!)) expect(off).toBeLessThan(2e-5);
          const [got, expected] = [fused, composed].map((run) =>
            tf.grads((...args) => lossOf(run(settingsOf(of, args)), of.seed))(tensors),
          );
          // float32 after a division by a deviation that may be small
          for (const off of differences(got!, expected!)) expect(off).toBeLessThan(2e-4);
        });
      }),
      // the same cases every time: a number within rounding of 0 has either gradient of ReLU
      { seed: 4, numRuns },
    );
  });

  it('keeps nothing behind, with and without a tape, whichever gradients are wanted', () => {
    fc.assert(
      fc.property(fc.oneof(anyCase, curved), fc.nat(), (of, choice) => {
        const tensors = tensorsOf(of);
        expectNoLeak(() => fused(settingsOf(of, tensors)));
        const wanted = choice % tensors.length;
        expectNoLeak(() => tf.grads((...args) => lossOf(fused(settingsOf(of, args)), of.seed))(tensors));
        expectNoLeak(() =>
          tf.grad((one) =>
            lossOf(
              fused(
                settingsOf(
                  of,
                  tensors.map((each, i) => (i === wanted ? one : each)),
                ),
              ),
              of.seed,
            ),
          )(tensors[wanted]!),
        );
        expect(tensors.some(({ isDisposed }) => isDisposed)).toBe(false);
        tf.dispose(tensors);
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it('has the same gradient towards one input as towards all', () => {
    const of: Case = {
      images: 3,
      size: [2, 3],
      channels: 3,
      normalised: true,
      columns: [0, 1, undefined],
      gates: 2,
      shortcut: true,
      activation: 'relu',
      splits: [],
      views: 2,
      pooled: true,
      seed: 12,
    };
    const tensors = tensorsOf(of);
    const all = tf.grads((...args) => lossOf(fused(settingsOf(of, args)), 1))(tensors);
    for (const [wanted, expected] of all.entries()) {
      const alone = tf.grad((one) =>
        lossOf(
          fused(
            settingsOf(
              of,
              tensors.map((each, i) => (i === wanted ? one : each)),
            ),
          ),
          1,
        ),
      )(tensors[wanted]!);
      expect(alone.dataSync()).toEqual(expected.dataSync());
    }
  });

  it('reports mean and biased variance of the batch, once', () => {
    const seen: number[][] = [];
    const ones = tf.ones<tf.Rank.R1>([1]);
    normSum({
      paths: [{ x: tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]) }],
      normalisations: [
        {
          scale: ones,
          offset: ones,
          onStatistics: (mean, variance) => seen.push([...mean.dataSync(), ...variance.dataSync()]),
        },
      ],
      epsilon: 0,
      activation: 'none',
      views: 1,
      pooled: false,
    });
    // mean 12 / 4; squares of −2, −1, 0, 3 over 4
    expect(seen).toEqual([[3, 3.5]]);
  });

  it('normalises two values to minus and plus one, and passes no gradient to them', () => {
    const of: Case = {
      images: 2,
      size: [1, 1],
      channels: 1,
      normalised: true,
      columns: [undefined],
      gates: 0,
      shortcut: false,
      activation: 'none',
      splits: [],
      views: 1,
      pooled: false,
      seed: 1,
    };
    const [x, scale, offset] = [tf.tensor4d([3, 7], [2, 1, 1, 1]), tf.ones([1]), tf.zeros([1])];
    const y = fused(settingsOf(of, [x, scale, offset]))[0]!.dataSync();
    // deviation 2; epsilon takes 1e-5 / 8 of it
    expect(y[0]).toBeCloseTo(-1, 5);
    expect(y[1]).toBeCloseTo(1, 5);
    const [dx, dscale, doffset] = tf.grads((...args) =>
      tf.sum(tf.mul(fused(settingsOf(of, args))[0]!, tf.tensor4d([1, 10], [2, 1, 1, 1]))),
    )([x, scale, offset]);
    expect(Math.max(...dx!.dataSync().map(Math.abs))).toBeLessThan(1e-4);
    expect(dscale!.dataSync()[0]).toBeCloseTo(9, 4); // −1 · 1 + 1 · 10
    expect(doffset!.dataSync()[0]).toBeCloseTo(11, 5);
  });

  it.each([NaN, Infinity, -Infinity])('does not hide %d of an open path, a shortcut or a gate', (value) => {
    const shape: [number, number, number, number] = [2, 1, 1, 2];
    const bad = tf.tensor4d([value, 1, 1, 1], shape);
    const good = tf.ones<tf.Rank.R4>(shape);
    const common = { epsilon: EPSILON, activation: 'none', views: 1, pooled: true } as const;
    const gates = tf.tensor2d([1, 1], [2, 1]);
    const normalised = { scale: tf.ones<tf.Rank.R1>([2]), offset: tf.zeros<tf.Rank.R1>([2]) };
    const cases: NormSum[] = [
      { ...common, paths: [{ x: bad, gate: 0 }], gates },
      { ...common, paths: [{ x: good }], shortcut: bad },
      { ...common, paths: [{ x: good, gate: 0 }], gates: tf.tensor2d([value, 1], [2, 1]) },
      { ...common, paths: [{ x: bad }], normalisations: [{ ...normalised, onStatistics: () => undefined }] },
    ];
    for (const each of cases) {
      const [y, pooled] = fused(each);
      expect(Number.isFinite(y!.dataSync()[0])).toBe(false);
      expect(Number.isFinite(pooled!.dataSync()[0])).toBe(false);
      if (each.normalisations === undefined) expect(y!.dataSync()[2]).not.toBeNaN(); // of the other image
    }
    for (const activation of ['relu', 'relu6', 'hard-swish'] as const) {
      const [y] = fused({ ...common, activation, paths: [{ x: tf.fill<tf.Rank.R4>(shape, NaN) }] });
      expect([...y!.dataSync()].every(Number.isNaN)).toBe(true);
    }
  });

  it('does not read a path where its gate is closed', () => {
    const x = tf.tensor4d([NaN, NaN, 3, 4], [2, 1, 1, 2]);
    const [y] = fused({
      ...plain,
      paths: [{ x, gate: 0 }],
      gates: tf.tensor2d([0, 1], [2, 1]),
      shortcut: tf.tensor4d([10, 20, 30, 40], [2, 1, 1, 2]),
    });
    expect([...y!.dataSync()]).toEqual([10, 20, 33, 44]);
  });

  it('frees its inputs and the upstream gradients as soon as its own gradient is there', () => {
    const shape: [number, number, number, number] = [1, 1, 1, 2];
    const x = tf.tensor4d([1, 2], shape);
    const seen: tf.Tensor[] = [];
    let freed: boolean[] = [];
    const watch = (phase: 'after' | 'before') =>
      tf.customGrad((y) => ({
        value: tf.clone(y as tf.Tensor),
        gradFunc: (dy: tf.Tensor) => {
          if (phase === 'before') freed = seen.map(({ isDisposed }) => isDisposed);
          const gradient = tf.clone(dy);
          if (phase === 'after') seen.push(gradient);
          return gradient;
        },
      }));
    const [before, after] = [watch('before'), watch('after')];
    tf.grad((x) => {
      const [y] = fused({ ...plain, paths: [{ x: before(x) as tf.Tensor4D }] });
      return tf.sum(after(y!));
    })(x);
    expect(freed).toEqual([true]);
    expect(x.isDisposed).toBe(false);
  });

  it('refuses parts of a sum whose gradient would need the whole', () => {
    const x = tf.ones<tf.Rank.R4>([1, 1, 1, 3]);
    const settings = { ...plain, activation: 'relu', splits: [1, 2] } as const;
    expect(() => fused({ ...settings, paths: [{ x }, { x }] })).toThrow(
      'splits: expected with one normalised path or without an activation, got 2 paths and relu',
    );
  });

  it('is offered only where both directions have a kernel', () => {
    expect(hasNormSum()).toBe(true);
    unregister();
    expect(hasNormSum()).toBe(false);
    unregister = registerReferenceKernels();
  });
});
