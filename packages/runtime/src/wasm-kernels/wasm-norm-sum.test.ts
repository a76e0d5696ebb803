import { registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { normSumCases, normSumNumbers, runNormSum } from '../fixtures/norm-sum-case.js';
import { normal, onBackend } from '../fixtures/on-backend.js';
import type { WasmBackend } from '../choose/wasm-backend.js';
import { wasmPool } from './wasm-pool.js';

const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: tf.NamedAttrMap): tf.Tensor[] =>
  tf.engine().runKernel(name, inputs, {
    paths: 1,
    normalised: false,
    activation: 'none',
    epsilon: 1e-5,
    gateColumns: [-1],
    splits: [],
    ...attributes,
  }) as unknown as tf.Tensor[];

let unregister: () => void;
beforeAll(async () => {
  unregister = registerReferenceKernels();
  await chooseBackend({ prefer: 'wasm', threads: 2 });
});
afterAll(() => {
  unregister();
});

describe('DmnnNormSum and its gradient on wasm', () => {
  it('are the reference, on odd shapes', async () => {
    await fc.assert(
      fc.asyncProperty(normSumCases, async (of) => {
        const numbers = normSumNumbers(of);
        const expected = await onBackend('cpu', () => runNormSum(of, numbers));
        const got = await onBackend('wasm', () => runNormSum(of, numbers));
        expect(got.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
        got.forEach((each, k) => {
          const scale = Math.max(1, ...expected[k]!.map(Math.abs));
          const worst = Math.max(...each.map((value, i) => Math.abs(value - expected[k]![i]!)));
          expect(worst / scale).toBeLessThan(2e-5);
        });
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  it('are the same to the last bit on one thread and on several', async () => {
    await tf.setBackend('wasm');
    const pool = wasmPool(tf.backend() as WasmBackend) as { threads: number };
    expect(pool.threads).toBe(2);
    for (const of of fc.sample(normSumCases, { seed: 6, numRuns: 20 })) {
      const numbers = normSumNumbers(of);
      const several = await onBackend('wasm', () => runNormSum(of, numbers));
      pool.threads = 1;
      const one = await onBackend('wasm', () => runNormSum(of, numbers));
      pool.threads = 2;
      expect(several).toEqual(one);
    }
  });

  it('reads no path whose gate is closed', async () => {
    const [y] = await onBackend('wasm', () =>
      run(
        'DmnnNormSum',
        {
          x0: tf.tensor4d([NaN, NaN, 3, 4], [2, 1, 1, 2]),
          x1: tf.tensor4d([1, 2, NaN, Infinity], [2, 1, 1, 2]),
          gates: tf.tensor2d([0, 1, 1, 0], [2, 2]),
        },
        { paths: 2, gateColumns: [0, 1] },
      ),
    );
    expect(y).toEqual([1, 2, 3, 4]);
  });

  it('show NaN of an open path, whatever the activation', async () => {
    for (const activation of ['none', 'relu', 'relu6']) {
      for (const shape of [
        [1, 2, 2, 8],
        [1, 1, 1, 3],
      ] as const) {
        const [y, pooled] = await onBackend('wasm', () =>
          run(
            'DmnnNormSum',
            { x0: tf.fill([...shape], NaN), shortcut: tf.ones([...shape]) },
            { activation, pooled: true },
          ),
        );
        expect([...y!, ...pooled!].every(Number.isNaN)).toBe(true);
      }
    }
  });

  it('have statistics of numbers that lie far from zero', async () => {
    const x = () => tf.add(1000, normal<tf.Rank.R4>([5, 7, 5, 3], 1));
    const [, mean, variance] = await onBackend('wasm', () =>
      run('DmnnNormSum', { x0: x(), scale0: tf.ones([3]), offset0: tf.ones([3]) }, { normalised: true }),
    );
    const exact = await onBackend('cpu', () => {
      const { mean, variance } = tf.moments(x(), [0, 1, 2]);
      return [mean, variance];
    });
    exact[0]!.forEach((value, c) => {
      expect(mean![c]! / value).toBeCloseTo(1, 6);
    });
    exact[1]!.forEach((value, c) => {
      expect(variance![c]! / value).toBeCloseTo(1, 3);
    });
  });

  const x = [2, 3, 3, 4];
  const good = { x0: x, scale0: [4], offset0: [4], mean0: [4], variance0: [4], dy0: x };
  it.each([
    [
      'DmnnNormSum',
      { x1: [2, 3, 3, 5] },
      { paths: 2, gateColumns: [-1, -1] },
      'x1: expected [2, 3, 3, 4], got [2, 3, 3, 5].',
    ],
    [
      'DmnnNormSum',
      { x0: [2, 0, 3, 4] },
      {},
      'x0: expected [B, …, C] of at least one number, got [2, 0, 3, 4].',
    ],
    ['DmnnNormSum', {}, { splits: [1, 2] }, 'splits: expected a sum of 4 channels, got 3.'],
    ['DmnnNormSum', { shortcut: [2, 3, 4, 3] }, {}, 'shortcut: expected [2, 3, 3, 4], got [2, 3, 4, 3].'],
    ['DmnnNormSum', { scale0: [5] }, { normalised: true }, 'scale0: expected [4], got [5].'],
    ['DmnnNormSum', { gates: [3, 1] }, { gateColumns: [0] }, 'gates: expected [2, 1], got [3, 1].'],
    [
      'DmnnNormSum',
      { gates: [2, 1] },
      { gateColumns: [1] },
      'gates: expected [B, G] with a column 1, got 1 columns.',
    ],
    ['DmnnNormSum', {}, { gateColumns: [] }, 'gateColumns: expected one for each of 1 paths, got 0.'],
    ['DmnnNormSumGrad', { dy0: [2, 3, 3, 3] }, {}, 'dy0: expected [2, 3, 3, 4], got [2, 3, 3, 3].'],
    ['DmnnNormSumGrad', { dpooled: [2, 5] }, {}, 'dpooled: expected [2, 4], got [2, 5].'],
    ['DmnnNormSumGrad', {}, { upstreams: 3 }, 'dy: expected none, one or two of each of 1 parts, got 3.'],
    [
      'DmnnNormSumGrad',
      {},
      { activation: 'relu' },
      'y: expected beside an activation of more than one normalised path, got none.',
    ],
    ['DmnnNormSumGrad', { mean0: [3] }, { normalised: true }, 'mean0: expected [4], got [3].'],
  ] as const)('%s refuses %j, %j: %s, and leaves nothing', async (kernel, shapes, settings, message) => {
    await tf.setBackend('wasm');
    const before = [tf.memory().numTensors, tf.backend().numDataIds()];
    const inputs = Object.fromEntries(
      Object.entries({ ...good, ...shapes }).map(([name, shape]) => [name, tf.ones([...shape] as [number])]),
    );
    expect(() => run(kernel, inputs, settings as tf.NamedAttrMap)).toThrow(message);
    tf.dispose(inputs);
    expect([tf.memory().numTensors, tf.backend().numDataIds()]).toEqual(before);
  });
});
