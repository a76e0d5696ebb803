import { type ConvUnit, convUnit } from '@dmnn/architecture';
import { expectNoLeak, maxAbsoluteDifference, registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConvLayer, convLayer } from '../layers/conv-layer.js';
import { FoldedUnits, NamedVariables } from '../layers/layer-variables.js';
import { areMergeable } from '../layers/block-layer.js';
import { runMerged } from './merged-units.js';
import { Pass } from '../layers/pass.js';
import type { VariableRole, VariableSpec } from '@dmnn/weights';

/** Units with variables of arbitrary numbers. */
function layersOf(units: readonly ConvUnit[]) {
  const specs = units.flatMap(({ kernelSize, groups, inChannels, outChannels }, n): VariableSpec[] => {
    const variable = (name: string, role: VariableRole, ...shape: number[]): VariableSpec => ({
      name: `unit${n}.${name}`,
      role,
      shape,
      initial: { kind: 'constant', value: 0 },
    });
    return [
      variable('weight', 'convolution', kernelSize, kernelSize, inChannels / groups, outChannels),
      variable('bias', 'bias', outChannels),
      variable('gamma', 'gamma', outChannels),
      variable('beta', 'beta', outChannels),
      variable('movingMean', 'moving-mean', outChannels),
      variable('movingVariance', 'moving-variance', outChannels),
    ];
  });
  const variables = new NamedVariables('a test', specs, ({ shape, name }) =>
    Float32Array.from({ length: shape.reduce((size, extent) => size * extent, 1) }, (_, i) =>
      Math.sin(name.length + 1.7 * i),
    ),
  );
  const parameters = { variables, folded: new FoldedUnits() };
  const layers = units.map((unit, n) => convLayer(`unit${n}`, unit, parameters));
  const others = tf.scalar(0); // no layer gets the pass's images here
  /** Runs layers in a pass with the statistics of the batch. */
  const inPass = <T>(run: (pass: Pass) => T): T => {
    const pass = new Pass('batch', others);
    return pass.averages.moveAfter(() => run(pass));
  };
  return { variables, layers, inPass };
}

function mergeable(...units: readonly ConvUnit[]): boolean {
  const { layers, variables } = layersOf(units);
  variables.dispose();
  return areMergeable(layers);
}

describe('areMergeable', () => {
  const unit = convUnit(3, 4, 6);
  it('takes ordinary convolutions that move alike, of whatever width', () => {
    expect(mergeable(unit, unit)).toBe(true);
    expect(mergeable(unit, convUnit(3, 4, 1), convUnit(3, 4, 38))).toBe(true);
  });

  it.each([
    ['kernels', convUnit(1, 4, 6, { padding: 1 })],
    ['strides', convUnit(3, 4, 6, { stride: 2 })],
    ['paddings', convUnit(3, 4, 6, { padding: 0 })],
    ['activations', convUnit(3, 4, 6, { activation: 'relu6' })],
    ['groups', convUnit(3, 4, 6, { groups: 2 })],
    ['biases before the batch norm', convUnit(3, 4, 6, { bias: true })],
    ['batch norms, or none', convUnit(3, 4, 6, { batchNorm: false })],
  ])('does not take other %s', (_, other) => {
    expect(mergeable(unit, other)).toBe(false);
  });

  it('takes no unit alone', () => {
    expect(mergeable(unit)).toBe(false);
    expect(mergeable()).toBe(false);
  });
});

describe('runMerged', () => {
  let unregister: () => void;
  beforeAll(() => {
    unregister = registerReferenceKernels();
  });
  afterAll(() => {
    unregister();
  });

  const each = (layers: readonly ConvLayer[], x: tf.Tensor4D, pass: Pass) =>
    layers.map(({ run }) => run(x, pass));
  const lossOf = (outputs: readonly tf.Tensor[]) =>
    outputs
      .map((y, n) => tf.sum(tf.mul(y, tf.randomNormal(y.shape, 0, 1, 'float32', n + 1))))
      .reduce((a, b) => tf.add(a, b)) as tf.Scalar;
  const images = (count: number, height: number, width: number) =>
    tf.randomNormal<tf.Rank.R4>([count, height, width, 3], 0, 1, 'float32', 7);

  it.each([
    [[convUnit(3, 3, 5), convUnit(3, 3, 1)], images(2, 5, 4)],
    [[convUnit(1, 3, 38), convUnit(1, 3, 3), convUnit(1, 3, 7)], images(1, 7, 5)],
    [
      [
        convUnit(3, 3, 4, { stride: 2, activation: 'relu6' }),
        convUnit(3, 3, 4, { stride: 2, activation: 'relu6' }),
      ],
      images(3, 6, 5),
    ],
    [[convUnit(1, 3, 2, { activation: 'none' }), convUnit(1, 3, 3, { activation: 'none' })], images(2, 1, 1)],
  ])('is what its units are one by one, gradients and moving statistics too', (units, x) => {
    const [alone, merged] = [each, runMerged].map((run) => {
      const { layers, variables, inPass } = layersOf(units);
      const trained = variables.trainableNames
        .filter((name) => !name.endsWith('bias'))
        .map((name) => variables.all.get(name)!);
      const results = tf.tidy(() => {
        const outputs = inPass((pass) => run(layers, x, pass)).map((y) => [...y.dataSync()]);
        const moved = [...variables.all.values()].map((variable) => [...variable.dataSync()]);
        const { grads } = tf.variableGrads(() => inPass((pass) => lossOf(run(layers, x, pass))), trained);
        const towardsImages = tf.grad((x) => inPass((pass) => lossOf(run(layers, x as tf.Tensor4D, pass))))(
          x,
        );
        const gradients = trained.map(({ name }) => [...grads[name]!.dataSync()]);
        return [...outputs, ...moved, ...gradients, [...towardsImages.dataSync()]];
      });
      variables.dispose();
      return results;
    });
    expect(merged!.length).toBe(alone!.length);
    merged!.forEach((numbers, i) => {
      const scale = Math.max(1, ...alone![i]!.map(Math.abs));
      expect(maxAbsoluteDifference(numbers, alone![i]!) / scale).toBeLessThan(1e-5);
    });
  });

  it('keeps nothing behind, with and without a tape', () => {
    const { layers, inPass, variables } = layersOf([convUnit(3, 3, 5), convUnit(3, 3, 1)]);
    const x = images(1, 3, 3);
    expectNoLeak(() => inPass((pass) => runMerged(layers, x, pass)));
    const gamma = variables.get('unit1.gamma');
    expectNoLeak(() => tf.variableGrads(() => inPass((pass) => lossOf(runMerged(layers, x, pass))), [gamma]));
    expect(x.isDisposed).toBe(false);
    variables.dispose();
  });

  it('refuses statistics of a single value, however many units there are', () => {
    const { layers, variables } = layersOf([convUnit(3, 3, 5), convUnit(3, 3, 1)]);
    expect(() => runMerged(layers, images(1, 1, 1), new Pass('batch', images(1, 1, 1)))).toThrow(
      expect.objectContaining({ code: 'DMNN_BATCH_NORM' }),
    );
    variables.dispose();
  });
});
