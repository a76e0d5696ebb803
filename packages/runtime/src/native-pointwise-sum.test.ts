import { registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeCacheDirectory } from '@dmnn/native';
import { chooseBackend } from './choose/choose-backend.js';
import { alive } from './fixtures/alive.js';
import { normal, onBackend } from './fixtures/on-backend.js';
import { findNativeBuild } from './install/native-build.js';
import { operationsOf } from './install/native-operations.js';

interface Case {
  readonly images: number;
  readonly size: readonly [height: number, width: number];
  /** Of each path. */
  readonly hidden: readonly number[];
  readonly channels: number;
  readonly gates: 'none' | 'hard' | 'soft';
  readonly projection: boolean;
  readonly bounds: readonly [number, number];
  readonly views: number;
  readonly pooled: boolean;
  readonly seed: number;
}

/** Odd sizes: rows that fill no tile, channels that fill no panel, maps of several chunks. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    images: fc.integer({ min: 1, max: 3 }),
    map: fc.constantFrom(
      { size: [1, 2] as const, channels: 3 },
      { size: [7, 5] as const, channels: 38 },
      { size: [3, 3] as const, channels: 96 },
      { size: [20, 21] as const, channels: 5 }, // more rows than are added in registers
      { size: [9, 9] as const, channels: 2050 }, // two chunks an image, two blocks of columns
    ),
    hidden: fc.array(fc.constantFrom(1, 3, 12, 24, 38), { minLength: 1, maxLength: 3 }),
    gates: fc.constantFrom<Case['gates']>('none', 'hard', 'soft'),
    projection: fc.boolean(),
    bounds: fc.constantFrom<Case['bounds']>([-Infinity, Infinity], [0, Infinity], [0, 6]),
    views: fc.integer({ min: 0, max: 2 }),
    pooled: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map(({ map, ...rest }) => ({ ...rest, ...map }));

const found = findNativeBuild(nativeCacheDirectory(), false);
const operations = found.state === 'intact' ? operationsOf(found.build) : undefined;

describe.runIf(operations !== undefined)('DmnnPointwiseSum and its gradient on tensorflow', () => {
  let unregister: () => void;
  beforeAll(async () => {
    unregister = registerReferenceKernels();
    await chooseBackend({ prefer: 'native', threads: 2 });
  });
  afterAll(() => {
    unregister();
  });

  const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: tf.NamedAttrMap): tf.Tensor[] =>
    tf.engine().runKernel(name, inputs, {
      paths: 1,
      shortcutNormalised: false,
      bounds: [-Infinity, Infinity],
      epsilon: 1e-3,
      gateColumns: [-1],
      ...attributes,
    }) as unknown as tf.Tensor[];

  const numbered = (name: string, tensors: readonly tf.Tensor[]) =>
    Object.fromEntries(tensors.map((tensor, i) => [`${name}${i}`, tensor]));

  /** The results of both directions; the second begins with given numbers where it needs results of the first. */
  function bothDirections(of: Case): tf.Tensor[] {
    const { images, size, hidden, channels, seed, bounds, pooled, views, projection } = of;
    const map = [images, ...size, channels] as [number, number, number, number];
    const norms = hidden.length + Number(projection);
    const vectors = (from: number) => Array.from({ length: norms }, (_, m) => normal([channels], from + m));
    const gate = (i: number) =>
      of.gates === 'hard' ? Number((seed + 7 * i) % 3 > 0) : [0, 1, 0.3, -2][(seed + 7 * i) % 4]!;
    const common = {
      // relu of a normal number, and a constant: means are not 0
      ...numbered(
        'x',
        hidden.map((k, p) => tf.add(tf.relu(normal([images, ...size, k], seed + p)), p)),
      ),
      ...numbered(
        'weight',
        hidden.map((k, p) => normal([1, 1, k, channels], seed + 10 + p)),
      ),
      ...numbered('scale', vectors(seed + 20)),
      ...numbered('offset', vectors(seed + 30)),
      ...(of.gates !== 'none' && {
        gates: tf.tensor2d(
          Float32Array.from({ length: images * hidden.length }, (_, i) => gate(i)),
          [images, hidden.length],
        ),
      }),
    };
    const shortcut = normal(map, seed + 40);
    const settings = {
      paths: hidden.length,
      shortcutNormalised: projection,
      bounds: [...bounds],
      gateColumns: hidden.map((_, p) => (of.gates === 'none' ? -1 : p)),
    };
    const forward = run('DmnnPointwiseSum', { ...common, shortcut }, { ...settings, pooled });
    const queue = forward.slice(1);
    const moments = {
      ...numbered('mean', queue.splice(0, norms)),
      ...numbered('variance', queue.splice(0, norms)),
      ...numbered('hiddenMean', queue.splice(0, hidden.length)),
      ...numbered('spread', queue.splice(0, hidden.length)),
    };
    const backward = run(
      'DmnnPointwiseSumGrad',
      {
        ...common,
        ...moments,
        ...numbered(
          'dy',
          Array.from({ length: views }, (_, v) => normal(map, seed + 50 + v)),
        ),
        ...(pooled && { dpooled: normal([images, channels], seed + 60) }),
        // where it was at a bound is for both the same
        ...(bounds.some(Number.isFinite) && {
          y: tf.clipByValue(normal(map, seed + 70), bounds[0], bounds[1]),
        }),
        ...(projection && { shortcut }),
      },
      { ...settings, upstreams: views },
    );
    return [...forward, ...backward];
  }

  it('are the reference, on odd shapes', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (of) => {
        const expected = await onBackend('cpu', () => bothDirections(of));
        const got = await onBackend('tensorflow', () => bothDirections(of));
        expect(got.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
        // of the gradient of batch norm over two values nearly nothing is left, and rounding
        const limit = of.images * of.size[0] * of.size[1] > 2 ? 1e-4 : 1e-3;
        got.forEach((each, k) => {
          const numbers = expected[k] as number[];
          const scale = numbers.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
          const worst = each.reduce((most, value, i) => {
            const off = Math.abs(value - (numbers[i] as number));
            return off <= most ? most : off; // NaN stays
          }, 0);
          expect(worst / scale).toBeLessThan(limit);
        });
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  it('have the statistics of a map whose mean is a thousand deviations', async () => {
    const of = (backend: string) =>
      onBackend(backend, () =>
        run(
          'DmnnPointwiseSum',
          {
            x0: tf.add(tf.mul(normal([2, 5, 5, 6], 1), 1e-2), 10),
            weight0: normal([1, 1, 6, 8], 2),
            scale0: normal([8], 3),
            offset0: normal([8], 4),
            shortcut: normal([2, 5, 5, 8], 5),
          },
          { epsilon: 0 },
        ),
      );
    const [, , expected] = await of('cpu');
    const [, , variance] = await of('tensorflow');
    // the reference has float32 between the convolution and its moments, too
    variance!.forEach((value, c) => {
      expect(Math.abs(value / expected![c]! - 1)).toBeLessThan(2e-3);
    });
  });

  it('compute the same every time', async () => {
    const once = () =>
      onBackend('tensorflow', () =>
        bothDirections({
          images: 3,
          size: [9, 9],
          hidden: [24, 38],
          channels: 2050,
          gates: 'hard',
          projection: true,
          bounds: [0, Infinity],
          views: 2,
          pooled: true,
          seed: 3,
        }),
      );
    // to the last bit: which thread does what is left open
    const first = await once();
    for (let i = 0; i < 5; i++) expect(await once()).toEqual(first);
  });

  it('show NaN of an open path and of the shortcut', async () => {
    for (const name of ['x0', 'shortcut'] as const) {
      const inputs = () => ({
        x0: tf.ones([1, 1, 2, 3]),
        weight0: tf.ones([1, 1, 3, 4]),
        scale0: tf.ones([4]),
        offset0: tf.ones([4]),
        shortcut: tf.ones([1, 1, 2, 4]),
      });
      const [y] = await onBackend('tensorflow', () => {
        const given = inputs();
        return run(
          'DmnnPointwiseSum',
          { ...given, [name]: tf.mul(given[name], NaN) },
          { bounds: [0, 6], pooled: false },
        );
      });
      expect(y).toEqual(Array.from({ length: 8 }, () => NaN));
    }
  });

  const shapes = {
    x0: [2, 3, 3, 2],
    weight0: [1, 1, 2, 4],
    scale0: [4],
    offset0: [4],
    mean0: [4],
    variance0: [4],
    hiddenMean0: [2],
    spread0: [2, 4],
    shortcut: [2, 3, 3, 4],
    dy0: [2, 3, 3, 4],
  };

  it.each([
    ['DmnnPointwiseSum', { x0: [2, 3, 3, 3] }, {}, 'weight: expected [1, 1, K, C]'],
    ['DmnnPointwiseSum', { x0: [2, 0, 3, 2] }, {}, 'x: expected [B, ..., K] with at least one number'],
    ['DmnnPointwiseSum', { weight0: [2, 4] }, {}, 'weight: expected [1, 1, K, C]'],
    ['DmnnPointwiseSum', { weight0: [3, 3, 2, 4] }, {}, 'weight: expected [1, 1, K, C]'],
    ['DmnnPointwiseSum', { scale0: [3] }, {}, 'scale and offset: expected [C]'],
    ['DmnnPointwiseSum', { shortcut: [2, 3, 3, 5] }, {}, 'shortcut: expected [B, ..., C]'],
    ['DmnnPointwiseSum', { gates: [3, 1] }, { gateColumns: [0] }, 'gates: expected [B, G]'],
    ['DmnnPointwiseSum', { gates: [2, 1] }, { gateColumns: [1] }, 'gates: expected [B, G]'],
    ['DmnnPointwiseSum', {}, { gateColumns: [0] }, 'gates: expected [B, G]'],
    ['DmnnPointwiseSum', {}, { gateColumns: [] }, 'gate_columns: expected one for each path'],
    [
      'DmnnPointwiseSum',
      { x1: [2, 3, 4, 2], weight1: [1, 1, 2, 4], scale1: [4], offset1: [4] },
      { paths: 2, gateColumns: [-1, -1] },
      'x: expected equal shapes [B, ..., K] but for K',
    ],
    [
      'DmnnPointwiseSumGrad',
      { shortcut: undefined, dy0: [2, 3, 3, 3] },
      {},
      'dy and y: expected [B, ..., C]',
    ],
    ['DmnnPointwiseSumGrad', { shortcut: undefined, dpooled: [2, 3] }, {}, 'dpooled: expected [B, C]'],
    ['DmnnPointwiseSumGrad', { shortcut: undefined }, { bounds: [0, 6] }, 'y: expected with bounds'],
    ['DmnnPointwiseSumGrad', { shortcut: undefined, mean0: [3] }, {}, 'mean, variance: expected [C]'],
    ['DmnnPointwiseSumGrad', { shortcut: undefined, spread0: [2, 3] }, {}, 'spread: expected [K, C]'],
    ['DmnnPointwiseSumGrad', { shortcut: undefined, hiddenMean0: [3] }, {}, 'hidden_mean: expected [K]'],
  ] as const)('%s refuses %j with %j: %s', async (kernel, others, settings, message) => {
    await tf.setBackend('tensorflow');
    const before = alive();
    const inputs = Object.fromEntries(
      Object.entries({ ...shapes, ...others } as Record<string, number[] | undefined>).flatMap(
        ([name, shape]) => (shape ? [[name, tf.ones([...shape])]] : []),
      ),
    );
    expect(() => run(kernel, inputs, settings)).toThrow(message);
    tf.dispose(inputs);
    expect(alive()).toEqual(before);
  });
});
