import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeCacheDirectory } from '@dmnn/native';
import { chooseBackend } from './choose/choose-backend.js';
import maxPools from './fixtures/max-pool-gradients.test.json' with { type: 'json' };
import { alive } from './fixtures/alive.js';
import { describeNormSum } from './fixtures/describe-norm-sum.js';
import { normal, onBackend, relativeDifferences, runKernel as run } from './fixtures/on-backend.js';
import { findNativeBuild } from './install/native-build.js';
import type { NativeManifest } from './install/native-manifest.js';
import { operationSources, operationsName, operationsOf } from './install/native-operations.js';

const found = findNativeBuild(nativeCacheDirectory(), false);
const operations = found.state === 'intact' ? operationsOf(found.build) : undefined;
const buildFolder = operations === undefined ? '' : dirname(operations);

describe('the addon of our operations', () => {
  it('is named by its sources, which come with the package', () => {
    expect(operationsName()).toMatch(/^dmnn_operations-[0-9a-f]{12}\.node$/);
    expect(operationSources.endsWith('/native/')).toBe(true);
  });

  it('is not found where there is none', () => {
    const manifest = { files: [{ path: 'dmnn_operations-000000000000.node', bytes: 1, sha256: '' }] };
    expect(operationsOf({ folder: '/', manifest: manifest as unknown as NativeManifest })).toBeUndefined();
  });
});

describe.runIf(operations !== undefined)('our operations on the native backend', () => {
  let unregister: () => void;
  beforeAll(async () => {
    unregister = registerReferenceKernels();
    await chooseBackend({ prefer: 'native', threads: 2 });
  });
  afterAll(() => {
    unregister();
  });

  describeNormSum('tensorflow');

  describe('operations over all variables', () => {
    const shapes: number[][] = [[3, 3, 2, 5], [1], [38], [1030, 2], [0], [40_000]]; // the last is cut in two
    const named = (name: string, seed: number) =>
      Object.fromEntries(shapes.map((shape, i) => [`${name}${i}`, normal(shape as [number], seed + i)]));

    it.each([false, true])('DmnnSgd is the reference, Nesterov: %s', async (nesterov) => {
      const differences = await relativeDifferences('tensorflow', 'cpu', () =>
        run(
          'DmnnSgd',
          {
            ...named('value', 1),
            ...named('gradient', 11),
            ...named('velocity', 21),
            decays: tf.tensor1d([1e-4, 0, 1e-2, 0, 0, 1]),
            rates: tf.tensor1d([0.1, 0.9]),
          },
          { variables: shapes.length, nesterov },
        ),
      );
      expect(differences.length).toBe(2 * shapes.length);
      for (const difference of differences) expect(Math.max(0, difference)).toBeLessThan(1e-6);
    });

    it('DmnnMoveAverages and DmnnSumsOfSquares are the reference', async () => {
      const differences = await relativeDifferences('tensorflow', 'cpu', () => [
        ...run(
          'DmnnMoveAverages',
          {
            ...named('average', 1),
            ...named('latest', 11),
            factors: tf.tensor2d(shapes.map((_, i) => [0.9, 0.1 + i])),
          },
          { averages: shapes.length },
        ),
        ...run('DmnnSumsOfSquares', named('x', 1), { tensors: shapes.length }),
      ]);
      expect(differences.length).toBe(shapes.length + 1);
      for (const difference of differences) expect(Math.max(0, difference)).toBeLessThan(2e-6);
    });

    it('show NaN and infinities', async () => {
      const bad = () => tf.tensor1d([NaN, Infinity, -Infinity, 1]);
      const [value, velocity, next, sums] = await onBackend('tensorflow', () => [
        ...run(
          'DmnnSgd',
          {
            value0: tf.zeros([4]),
            gradient0: bad(),
            velocity0: tf.zeros([4]),
            decays: tf.tensor1d([0]),
            rates: tf.tensor1d([1, 0.5]),
          },
          { variables: 1, nesterov: false },
        ),
        ...run(
          'DmnnMoveAverages',
          { average0: bad(), latest0: bad(), factors: tf.tensor2d([[0.5, 0.5]]) },
          { averages: 1 },
        ),
        ...run('DmnnSumsOfSquares', { x0: bad(), x1: tf.tensor1d([Infinity]) }, { tensors: 2 }),
      ]);
      expect(value).toEqual([NaN, -Infinity, Infinity, -1]);
      expect(velocity).toEqual([NaN, Infinity, -Infinity, 1]);
      expect(next).toEqual([NaN, Infinity, -Infinity, 1]);
      expect(sums).toEqual([NaN, Infinity]);
    });

    it.each([
      ['DmnnSgd', { gradient0: [3] }, 'values, gradients and velocities: expected equal shapes'],
      ['DmnnSgd', { velocity0: [2, 1] }, 'values, gradients and velocities: expected equal shapes'],
      ['DmnnSgd', { rates: [3] }, 'rates: expected learning rate and momentum'],
      ['DmnnSgd', { decays: [2] }, 'decays: expected one for each variable'],
      ['DmnnMoveAverages', { latest0: [1] }, 'averages and latest: expected equal shapes'],
      ['DmnnMoveAverages', { factors: [1] }, 'factors: expected two for each average'],
    ] as const)('%s refuses %j: %s', async (kernel, shapes, message) => {
      await tf.setBackend('tensorflow');
      const before = alive();
      const two = [2];
      const good = {
        ...{ value0: two, gradient0: two, velocity0: two, decays: [1], rates: two },
        ...{ average0: two, latest0: two, factors: [1, 2] },
      };
      const inputs = Object.fromEntries(
        Object.entries({ ...good, ...shapes }).map(([name, shape]) => [
          name,
          tf.ones([...shape] as [number]),
        ]),
      );
      expect(() => run(kernel, inputs, { variables: 1, averages: 1, nesterov: false })).toThrow(message);
      tf.dispose(inputs);
      expect(alive()).toEqual(before);
    });
  });

  describe("max pooling's gradient", () => {
    it.each(maxPools.cases.map((each) => [each.window, each.stride, each.padding, each] as const))(
      "is PyTorch's, to the first of equals: window %i, stride %i, padding %i",
      async (window, stride, padding, { x, y, dy, dx }) => {
        const four = ({ shape, data }: { shape: number[]; data: number[] }) =>
          tf.tensor4d(data, shape as [number, number, number, number]);
        const [gradient] = await onBackend('tensorflow', () =>
          run(
            'MaxPoolGrad',
            { dy: four(dy), input: four(x), output: four(y) },
            { filterSize: window, strides: stride, pad: padding, dimRoundingMode: 'floor' },
          ),
        );
        expect(gradient).toEqual(dx.data);
      },
    );

    it('refuses an upstream gradient of another shape', async () => {
      await tf.setBackend('tensorflow');
      const before = alive();
      const inputs = {
        dy: tf.ones([1, 1, 1, 1]),
        input: tf.ones([1, 4, 4, 1]),
        output: tf.ones([1, 2, 2, 1]),
      };
      expect(() => run('MaxPoolGrad', inputs, { filterSize: 2, strides: 2, pad: 'valid' })).toThrow(
        'dy: expected the shape of y',
      );
      tf.dispose(inputs);
      expect(alive()).toEqual(before);
    });
  });

  it.each([
    [1, 1, 1, 1, 1, 'valid'],
    [5, 7, 5, 3, 38, 'same'],
    [1, 4, 4, 130, 1, 0],
    [2, 3, 5, 16, 17, 'valid'],
    [1, 2, 2, 3, 5, 1],
  ] as const)(
    'a 1×1 filter has the gradient of the cpu backend: %i images of %i×%i, %i to %i channels, padding %s',
    async (images, height, width, before, after, pad) => {
      for (const stride of [1, 2]) {
        const differences = await relativeDifferences('tensorflow', 'cpu', () => {
          const x = normal<tf.Rank.R4>([images, height, width, before], 1);
          const filter = normal<tf.Rank.R4>([1, 1, before, after], 2);
          const rounding = typeof pad === 'number' ? 'floor' : undefined;
          const conv = (w: tf.Tensor) => tf.conv2d(x, w as tf.Tensor4D, stride, pad, 'NHWC', 1, rounding);
          const probe = normal(conv(filter).shape, 3);
          return [tf.grad((w) => tf.sum(tf.mul(conv(w), probe)))(filter)];
        });
        for (const difference of differences) expect(difference).toBeLessThan(1e-5);
      }
    },
  );

  it('gives the same bits on one thread and on two', () => {
    const [one, two] = ['1', '2'].map((threads) =>
      execFileSync(process.execPath, ['--no-deprecation', '-e', digest, buildFolder, operations!, library], {
        encoding: 'utf8',
        env: { ...process.env, TF_NUM_INTRAOP_THREADS: threads, TF_CPP_MIN_LOG_LEVEL: '3' },
      })
        .trim()
        .split('\n')
        .at(-1),
    );
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(two).toBe(one);
  });
});

const library = createRequire(import.meta.url).resolve('@tensorflow/tfjs');

/** Prints a digest of all that the operations make of some numbers, in a process of its own. */
const digest = `
const { createHash } = require('node:crypto');
const { createRequire, Module } = require('node:module');
const [folder, operations, library] = process.argv.slice(1);
const own = createRequire(library);
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const inside = parent && parent.filename && parent.filename.startsWith(folder);
  return inside && request.startsWith('@tensorflow/')
    ? request === '@tensorflow/tfjs' ? library : own.resolve(request)
    : resolve.call(this, request, parent, ...rest);
};
const util = require('node:util');
util.isNullOrUndefined = (value) => value === null || value === undefined;
util.isArray = Array.isArray;
require(folder + ${JSON.stringify(join('/', 'node_modules', '@tensorflow', 'tfjs-node'))});
require(operations);
const tf = require(library);
const hash = createHash('sha256');
(async () => {
  await tf.setBackend('tensorflow');
  const backend = tf.backend();
  const { TF_ATTR_INT, TF_ATTR_FLOAT } = backend.binding;
  const attributes = (settings) => Object.entries(settings).map(([name, value]) =>
    ({ name, value, type: ['epsilon', 'low', 'high'].includes(name) ? TF_ATTR_FLOAT : TF_ATTR_INT }));
  const note = (tensors) => {
    for (const tensor of tensors) hash.update(Buffer.from(tensor.dataSync().buffer));
    return tensors;
  };
  const numbers = (shape, seed) => tf.randomNormal(shape, 0, 1, 'float32', seed);
  for (const shape of [[5, 17, 13, 38], [3, 32, 32, 16], [2, 7, 7, 1030]]) {
    const channels = shape[3];
    const [x0, x1] = [numbers(shape, 1), numbers(shape, 2)];
    const [s0, s1, o0, o1] = [3, 4, 5, 6].map((seed) => numbers([channels], seed));
    const gates = tf.cast(tf.greater(numbers([shape[0], 2], 7), 0), 'float32');
    const z = numbers(shape, 8);
    const common = { P: 2, M: 2, G: 1, Z: 1, Q: 1, low: 0, high: Infinity, epsilon: 1e-5, gate_columns: [0, 1], splits: [] };
    const [y, m0, m1, v0, v1] = note(backend.executeMultipleOutputs('DmnnNormSum', attributes({ ...common, S: 1 }),
      [x0, x1, s0, s1, o0, o1, gates, z], 6));
    note(backend.executeMultipleOutputs('DmnnNormSumGrad', attributes({ ...common, D: 2, Y: 1 }),
      [numbers(shape, 9), numbers(shape, 10), numbers([shape[0], channels], 11), y, x0, x1, s0, s1, o0, o1, m0, m1, v0, v1, gates], 8));
    const [f0, f1] = [12, 13].map((seed) => backend.executeSingleOutput('DmnnPackFilter', [], [numbers([1, 1, channels, 40], seed)]));
    const placed = (list) => tf.tensor1d(list.slice(0, shape[0]), 'int32');
    const window = { kernel: [1, 1], strides: [1, 1], before: [0, 0], out: shape.slice(1, 3), out_channels: 40 };
    note(backend.executeMultipleOutputs('DmnnConvolution', attributes({ ...window, low: 0, high: Infinity, N: 2, Z: 1, T: 0, P: 2, Q: 1, W: 0 }),
      [x0, x1, f0, f1, numbers([40], 14), numbers([40], 15), numbers([...shape.slice(0, 3), 40], 16),
       placed([0, -1, 1, -1, 0]), placed([1, -1, -1, 0, 1])], 2));
    note([backend.executeSingleOutput('DmnnSumsOfSquares', attributes({ N: 2 }), [x0, z])]);
    note([backend.executeSingleOutput('DmnnMaxPoolGrad', attributes({ window: [1, 1], strides: [1, 1], before: [0, 0] }), [x0, x0, z])]);
  }
  console.log(hash.digest('hex'));
})();
`;
