import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { BoundedReLU } from './keras/bounded-relu.js';
import { Normalization } from './keras/normalization.js';
import { PooledMean } from './keras/pooled-mean.js';
import { Subtract } from './keras/subtract.js';
import * as layers from './index.js';

const none = null as never;
const image = tf.input({ shape: [8, 8, 3] });
const map = tf.layers.conv2d({ filters: 3, kernelSize: 3 }).apply(image) as tf.SymbolicTensor;
const model = tf.model({ inputs: image, outputs: map });
const gate = () => layers.gumbelGate({ subBlocks: 2, name: 'g' });
const pair = () => [tf.ones([1, 8, 8, 3]), tf.ones([1, 8, 8, 3])];

it.each([
  [
    'gumbelGate(null)',
    () => layers.gumbelGate(none),
    'options: expected an object with subBlocks, hiddenUnits',
  ],
  ['gatedSum(null)', () => layers.gatedSum(none), 'options: expected an object with name, got null'],
  ['gateSchedule(null)', () => layers.gateSchedule(none), 'options: expected an object with temperature'],
  ['joinResourceLoss(null)', () => layers.joinResourceLoss(none, { target: 1 }), 'model: expected a built'],
  [
    'joinResourceLoss(model, null)',
    () => layers.joinResourceLoss(model, none),
    'options: expected an object with',
  ],
  ['dynamicBlocks(null)', () => layers.dynamicBlocks(none), 'model: expected a built tf.LayersModel'],
  [
    'profileLayersModel(null)',
    () => layers.profileLayersModel(none, tf.ones([1])),
    'model: expected a built',
  ],
  [
    'profileLayersModel(model, null)',
    () => layers.profileLayersModel(model, none),
    'inputs of the model: expected a batch for each, got null. Pass what',
  ],
  [
    'profileLayersModel(…, null)',
    () => layers.profileLayersModel(model, tf.ones([1, 8, 8, 3]), none),
    'options: expected an object with rounds',
  ],
  ['networkDataOf(null)', () => layers.networkDataOf(none), 'model: expected a built tf.LayersModel'],
  [
    'networkDataOf(model, null)',
    () => layers.networkDataOf(model, none),
    'options: expected an object with name',
  ],
  ['kerasModel(null)', () => layers.kerasModel(none), 'source: expected a place to load from'],
  [
    'kerasModel(source, null)',
    () => layers.kerasModel({}, none),
    'options: expected an object with onChange',
  ],
  [
    'a source of nothing',
    () => layers.kerasModel({ load: () => Promise.resolve(none) }).load?.(),
    'source: expected a place that gives',
  ],
  [
    'registerLayers(null)',
    () => {
      layers.registerLayers(none);
    },
    'from: expected @tensorflow/tfjs as it is imported, got null. Write',
  ],
  // options that nothing reads
  [
    'subBlock',
    () => layers.gumbelGate({ subBlocks: 2, subBlock: 3 } as never),
    'got subBlock. Did you mean subBlocks?',
  ],
  [
    'nme',
    () => layers.gatedSum({ nme: 'a' } as never),
    'options: expected name, got nme. Did you mean name?',
  ],
  [
    'wait',
    () => layers.joinResourceLoss(model, { target: 1, wait: 3 } as never),
    'options: expected target, weight, counting, got wait.',
  ],
  ['targets', () => layers.gateSchedule({ targets: () => 1 } as never), 'got targets. Did you mean target?'],
  [
    'a number for a schedule',
    () => layers.gateSchedule({ target: 0.5 } as never),
    'target: expected a function of progress, such as cosine(1, 0.6) of @dmnn/gating, got 0.5',
  ],
  // tensors that nothing reads
  [
    'apply(null)',
    () => gate().apply(none),
    'inputs of g: expected one tensor, got null. Write layer.apply(tensor).',
  ],
  [
    'two symbolic tensors',
    () => gate().apply([image, map]),
    'inputs of g: expected one tensor, got 2 of them.',
  ],
  ['two tensors', () => gate().apply(pair()), 'inputs of g: expected one tensor, got 2 of them.'],
  ['BoundedReLU', () => new BoundedReLU({}).apply(pair()), 'expected one tensor, got 2 of them'],
  [
    'Normalization',
    () => new Normalization({ mean: 0, variance: 1 }).apply(pair()),
    'expected one tensor, got 2 of them',
  ],
  ['PooledMean', () => new PooledMean().apply(pair()), 'expected one tensor, got 2 of them'],
  ['Subtract', () => new Subtract().apply([...pair(), ...pair()]), 'expected two tensors, got 4 of them'],
  [
    'a sum of nothing',
    () => layers.gatedSum({ name: 's' }).apply(none),
    'inputs of s: expected a list of shortcut, gates [B, N], and',
  ],
  [
    'fewer gates than paths',
    () =>
      layers
        .gatedSum({ name: 's' })
        .apply([tf.ones([1, 2]), tf.ones([1, 1]), tf.ones([1, 2]), tf.ones([1, 2])]),
    'got [1, 2] [1, 1] [1, 2] [1, 2]. Write gatedSum().apply',
  ],
] as const)('says what was expected: %s', async (_, call, message) => {
  await tf.setBackend('cpu');
  await expect((async () => { await call(); })()).rejects.toThrow(message); // prettier-ignore
});

it('takes what TensorFlow.js gives every layer, and one tensor in a list', async () => {
  await tf.setBackend('cpu');
  expect(layers.gumbelGate({ subBlocks: 2, inputShape: [8, 8, 3] } as never).subBlocks).toBe(2);
  expect(layers.gatedSum({ trainable: false } as never).trainable).toBe(false);
  expect((gate().apply([image]) as tf.SymbolicTensor).shape).toEqual([null, 2]);
});
