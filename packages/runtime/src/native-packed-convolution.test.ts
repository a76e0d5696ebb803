import { registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeCacheDirectory } from '@dmnn/native';
import { chooseBackend } from './choose/choose-backend.js';
import { alive } from './fixtures/alive.js';
import { normal, onBackend, runKernel as run } from './fixtures/on-backend.js';
import { findNativeBuild } from './install/native-build.js';
import { operationsOf } from './install/native-operations.js';

type Clip = 'none' | 'relu' | 'relu6';
const boundsOf = { none: [-Infinity, Infinity], relu: [0, Infinity], relu6: [0, 6] };

const found = findNativeBuild(nativeCacheDirectory(), false);
const isInstalled = found.state === 'intact' && operationsOf(found.build) !== undefined;

/** A window on a map, wherever its padding lies. */
interface Window {
  readonly height: number;
  readonly width: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
  readonly before: readonly [number, number];
}

const arbitraryWindow = fc
  .record({
    height: fc.integer({ min: 1, max: 15 }),
    // tiles of one row and of two, one to a row and several
    width: fc.constantFrom(1, 2, 5, 6, 7, 13, 25, 31),
    kernelSize: fc.constantFrom(1, 2, 3, 5),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
    above: fc.integer({ min: 0, max: 4 }),
    atLeft: fc.integer({ min: 0, max: 4 }),
  })
  .filter(({ height, width, kernelSize, padding }) => Math.min(height, width) + 2 * padding >= kernelSize)
  // as many pixels on each axis, wherever they lie
  .map(({ above, atLeft, ...of }): Window => ({
    ...of,
    before: [Math.min(above, 2 * of.padding), Math.min(atLeft, 2 * of.padding)],
  }));

const arbitraryChannels = fc.constantFrom(1, 3, 16, 17, 1024);
// panels of 16: less than one, several, an odd number, and a rest
const arbitraryOutChannels = fc.constantFrom(1, 16, 24, 33, 48);
const arbitraryActivation = fc.constantFrom<Clip>('none', 'relu', 'relu6');

const outSizesOf = ({ height, width, kernelSize, stride, padding }: Window) =>
  [height, width].map((size) => Math.floor((size + 2 * padding - kernelSize) / stride) + 1);

const pack = (filter: tf.Tensor): tf.Tensor => run('DmnnPackFilter', { filter }, {})[0] as tf.Tensor;

/** The attributes of a call, but for what is given. */
const settingsOf = (window: Window, activation: Clip, more: tf.NamedAttrMap = {}): tf.NamedAttrMap => ({
  paths: 1,
  placed: 0,
  pooled: false,
  overwrites: false,
  kernelSize: window.kernelSize,
  stride: window.stride,
  before: [...window.before],
  outSizes: outSizesOf(window),
  bounds: boundsOf[activation],
  ...more,
});

/** Compares sums of that many products of standard normal numbers, added one after the other in float32. */
function expectClose(got: readonly number[], expected: readonly number[], products: number): void {
  expect(got.length).toBe(expected.length);
  const worst = Math.max(0, ...got.map((value, i) => Math.abs(value - (expected[i] as number))));
  // an addition rounds by up to 6e-8 of what has been added up; the largest value of y tells nothing of that where an
  // activation clips
  expect(worst).toBeLessThan(1e-5 + 4e-7 * products);
}

describe.runIf(isInstalled)('DmnnConvolution on the native backend', () => {
  let unregister: () => void;
  beforeAll(async () => {
    unregister = registerReferenceKernels();
    await chooseBackend({ prefer: 'native', threads: 2 });
  });
  afterAll(() => {
    unregister();
  });

  const plain = fc.record({
    window: arbitraryWindow,
    images: fc.integer({ min: 1, max: 3 }),
    channels: arbitraryChannels,
    outChannels: arbitraryOutChannels,
    activation: arbitraryActivation,
    shortcut: fc.boolean(),
  });

  it('is what the cpu backend computes of convolution, bias, shortcut and activation', async () => {
    await fc.assert(
      fc.asyncProperty(plain, async ({ window, images, channels, outChannels, activation, ...of }) => {
        const { height, width, kernelSize, stride, padding } = window;
        const [top, left] = window.before;
        const make = () => ({
          x: normal<tf.Rank.R4>([images, height, width, channels], 1),
          filter: normal<tf.Rank.R4>([kernelSize, kernelSize, channels, outChannels], 2),
          bias: normal<tf.Rank.R1>([outChannels], 3),
          shortcut: normal<tf.Rank.R4>(
            [images, ...outSizesOf(window), outChannels] as tf.ShapeMap[tf.Rank.R4],
            4,
          ),
        });
        const [expected] = await onBackend('cpu', () => {
          const { x, filter, bias, shortcut } = make();
          const padded = tf.pad(x, [
            [0, 0],
            [top, 2 * padding - top],
            [left, 2 * padding - left],
            [0, 0],
          ]);
          const sum = tf.add(tf.conv2d(padded, filter, stride, 'valid'), bias);
          const all = of.shortcut ? tf.add(sum, shortcut) : sum;
          return [activation === 'none' ? all : activation === 'relu' ? tf.relu(all) : tf.relu6(all)];
        });
        const [got] = await onBackend('tensorflow', () => {
          const { x, filter, bias, shortcut } = make();
          const inputs = { x0: x, packed0: pack(filter), bias0: bias, ...(of.shortcut && { shortcut }) };
          return run('DmnnConvolution', inputs, settingsOf(window, activation));
        });
        expectClose(got!, expected!, kernelSize ** 2 * channels);
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  /** Paths of a sum, and for each row of y the image of each path. */
  const sums = fc
    .record({
      window: arbitraryWindow,
      outChannels: arbitraryOutChannels,
      activation: arbitraryActivation,
      rows: fc.integer({ min: 1, max: 5 }),
      shortcut: fc.constantFrom('none', 'added', 'overwritten'),
      pooled: fc.boolean(),
      paths: fc.array(
        fc.record({ channels: fc.constantFrom(1, 3, 17, 1024), images: fc.integer({ min: 1, max: 3 }) }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
    })
    .chain((of) =>
      fc.record({
        of: fc.constant(of),
        placed: fc.tuple(
          ...of.paths.map(({ images }) =>
            fc.array(fc.integer({ min: -1, max: images - 1 }), { minLength: of.rows, maxLength: of.rows }),
          ),
        ),
        isPlaced: fc.boolean(),
      }),
    );

  it('is the reference: sums of paths, each for its rows, with their means, in memory of their own or not', async () => {
    await fc.assert(
      fc.asyncProperty(sums, async ({ of, placed, isPlaced }) => {
        const { window, outChannels, activation, rows, pooled, paths } = of;
        const { height, width, kernelSize } = window;
        const shape = [rows, ...outSizesOf(window), outChannels] as [number, number, number, number];
        const results = () => {
          const inputs: Record<string, tf.Tensor> = {};
          paths.forEach(({ channels, images }, p) => {
            inputs[`x${p}`] = normal([isPlaced ? images : rows, height, width, channels], 10 + p);
            inputs[`packed${p}`] = pack(normal([kernelSize, kernelSize, channels, outChannels], 20 + p));
            inputs[`bias${p}`] = normal([outChannels], 30 + p);
            if (isPlaced) inputs[`placed${p}`] = tf.tensor1d(placed[p]!, 'int32');
          });
          if (of.shortcut !== 'none') inputs['shortcut'] = normal(shape, 4);
          return run(
            'DmnnConvolution',
            inputs,
            settingsOf(window, activation, {
              paths: paths.length,
              placed: isPlaced ? paths.length : 0,
              pooled,
              overwrites: of.shortcut === 'overwritten',
            }),
          );
        };
        const expected = await onBackend('cpu', results);
        const got = await onBackend('tensorflow', results);
        expect(got.length).toBe(pooled ? 2 : 1);
        got.forEach((values, k) => {
          // the reference shows by NaN which rows nobody may read
          const read = expected[k]!.flatMap((value, i) => (Number.isNaN(value) ? [] : [i]));
          const products =
            Math.max(...paths.map(({ channels }) => kernelSize ** 2 * channels)) * paths.length;
          expectClose(
            read.map((i) => values[i]!),
            read.map((i) => expected[k]![i]!),
            products,
          );
        });
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  it('takes the memory of a shortcut that it may overwrite, and leaves any other as it was', async () => {
    await tf.setBackend('tensorflow');
    tf.tidy(() => {
      const shortcut = tf.tensor4d([1, 2, -3, 4], [2, 1, 1, 2]);
      const inputs = {
        x0: tf.tensor4d([5], [1, 1, 1, 1]),
        packed0: pack(tf.tensor4d([1, 10], [1, 1, 1, 2])),
        bias0: tf.tensor1d([0, 0]),
        placed0: tf.tensor1d([0, -1], 'int32'),
        shortcut,
      };
      const window = { height: 1, width: 1, kernelSize: 1, stride: 1, padding: 0, before: [0, 0] } as const;
      const y = (overwrites: boolean) => {
        const more = { placed: 1, pooled: true, overwrites };
        const results = run('DmnnConvolution', inputs, settingsOf(window, 'relu', more));
        return results.map((each) => [...each.dataSync()]);
      };
      const values = [6, 52, 0, 4];
      expect(y(false)).toEqual([values, values]);
      expect([...shortcut.dataSync()]).toEqual([1, 2, -3, 4]);
      expect(y(true)).toEqual([values, values]);
      expect([...shortcut.dataSync()]).toEqual(values);
    });
  });

  it('takes rows of x, bit by bit what it makes of all', async () => {
    const taking = fc.tuple(plain, fc.integer({ min: 1, max: 6 })).chain(([of, images]) =>
      fc.record({
        of: fc.constant({ ...of, images }),
        taken: fc.shuffledSubarray([...Array(images).keys()], { minLength: 1 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(taking, async ({ of, taken }) => {
        const { window, images, channels, outChannels, activation } = of;
        const { height, width, kernelSize } = window;
        await onBackend('tensorflow', () => {
          const inputs = {
            x0: normal<tf.Rank.R4>([images, height, width, channels], 1),
            packed0: pack(normal<tf.Rank.R4>([kernelSize, kernelSize, channels, outChannels], 2)),
            bias0: normal<tf.Rank.R1>([outChannels], 3),
          };
          const settings = settingsOf(window, activation);
          const [all] = run('DmnnConvolution', inputs, settings) as [tf.Tensor];
          const rows = { taken: tf.tensor1d(taken, 'int32') };
          const [some] = run('DmnnConvolution', { ...inputs, ...rows }, settings) as [tf.Tensor];
          const [from, got] = [rowsOf(all), rowsOf(some)];
          expect(got).toEqual(taken.map((row) => from[row]));
          return [];
        });
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  const pixels: Window = { height: 2, width: 2, kernelSize: 1, stride: 1, padding: 0, before: [0, 0] };

  it.each([
    [{ taken: [0, 3] }, {}, 'taken: expected rows of x'],
    [{ taken: [-1] }, {}, 'taken: expected rows of x'],
    [
      { placed0: [0, -2] },
      { placed: 1 },
      'placed: expected for each row of y an image that is convolved, or -1',
    ],
    [
      { placed0: [0, 3] },
      { placed: 1 },
      'placed: expected for each row of y an image that is convolved, or -1',
    ],
    [{}, { overwrites: true }, 'shortcut: expected where it is overwritten'],
  ])('refuses rows %j with %j', async (lists, more, message) => {
    await expect(
      onBackend('tensorflow', () => {
        const rows = Object.entries(lists).map(([name, list]) => [name, tf.tensor1d(list, 'int32')]);
        const inputs = {
          x0: tf.ones([3, 2, 2, 2]),
          packed0: pack(tf.ones([1, 1, 2, 4])),
          bias0: tf.ones([4]),
          ...(Object.fromEntries(rows) as Record<string, tf.Tensor>),
        };
        return run('DmnnConvolution', inputs, settingsOf(pixels, 'none', more));
      }),
    ).rejects.toThrow(message);
  });

  it.each([
    ['x: expected equally many images', [1, 2, 2, 2], {}, {}],
    ['x: expected [B, H, W, Cin]', [3, 2, 3, 2], {}, {}],
    ['taken: expected with one x', [3, 2, 2, 2], { taken: [0] }, {}],
    ['placed: expected for each row of y', [3, 2, 2, 2], { placed0: [0], placed1: [0, 1] }, { placed: 2 }],
  ])('refuses paths that do not fit together: %s', async (message, shape, lists, more) => {
    await expect(
      onBackend('tensorflow', () => {
        const rows = Object.entries(lists).map(([name, list]) => [name, tf.tensor1d(list, 'int32')]);
        const packed = pack(tf.ones([1, 1, 2, 4]));
        const inputs = {
          ...{ x0: tf.ones([3, 2, 2, 2]), packed0: packed, bias0: tf.ones([4]) },
          ...{ x1: tf.ones(shape), packed1: packed, bias1: tf.ones([4]) },
          ...(Object.fromEntries(rows) as Record<string, tf.Tensor>),
        };
        return run('DmnnConvolution', inputs, settingsOf(pixels, 'none', { paths: 2, ...more }));
      }),
    ).rejects.toThrow(message);
  });

  it('shows NaN and infinities, whatever the activation', async () => {
    for (const activation of ['none', 'relu', 'relu6'] as const) {
      const [y] = await onBackend('tensorflow', () => {
        const inputs = {
          x0: tf.tensor4d([NaN, 2], [1, 1, 2, 1]),
          packed0: pack(tf.ones<tf.Rank.R4>([1, 1, 1, 2])),
          bias0: tf.tensor1d([0, NaN]),
        };
        return run('DmnnConvolution', inputs, settingsOf({ ...pixels, height: 1 }, activation));
      });
      expect(y).toEqual([NaN, NaN, 2, NaN]);
    }
  });

  it('shows the NaN of an image that no path adds to', async () => {
    for (const overwrites of [false, true]) {
      const results = await onBackend('tensorflow', () => {
        const inputs = {
          x0: tf.ones([1, 1, 1, 1]),
          packed0: pack(tf.ones([1, 1, 1, 2])),
          bias0: tf.zeros([2]),
          placed0: tf.tensor1d([-1], 'int32'),
          shortcut: tf.tensor4d([NaN, -1], [1, 1, 1, 2]),
        };
        const one = { ...pixels, height: 1, width: 1 };
        return run(
          'DmnnConvolution',
          inputs,
          settingsOf(one, 'relu', { placed: 1, pooled: true, overwrites }),
        );
      });
      expect(results).toEqual([
        [NaN, 0],
        [NaN, 0],
      ]);
    }
  });

  it('refuses a filter of another shape, and leaves nothing behind', async () => {
    await tf.setBackend('tensorflow');
    const before = alive();
    const window: Window = { height: 5, width: 5, kernelSize: 3, stride: 1, padding: 1, before: [1, 1] };
    await expect(
      onBackend('tensorflow', () => {
        const inputs = {
          x0: tf.ones([1, 5, 5, 3]),
          packed0: pack(tf.ones([3, 3, 2, 4])),
          bias0: tf.ones([4]),
        };
        return run('DmnnConvolution', inputs, settingsOf(window, 'none'));
      }),
    ).rejects.toThrow('packed: expected the filter as DmnnPackFilter lays it out');
    expect(alive()).toEqual(before);
  });
});

/** The rows of a batch, each as its numbers. */
function rowsOf(x: tf.Tensor): Float32Array[] {
  const values = x.dataSync<'float32'>();
  const size = values.length / x.shape[0];
  return Array.from({ length: x.shape[0] }, (_, row) => values.slice(row * size, (row + 1) * size));
}
