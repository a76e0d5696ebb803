import { createArchitecture } from '@dmnn/backbones';
import { builtInDataset } from '@dmnn/data';
import { createNetwork } from '@dmnn/network';
import { type RunConfig, parseRecipe } from '@dmnn/runs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type CostCurveOptions, costCurve } from './cost-curve.js';

const [train, test] = [
  builtInDataset({ split: 'train', size: 4 }),
  builtInDataset({ split: 'test', size: 2 }),
];
const { size, imageSizePx, classes, categories, channelMeans, channelDeviations } = train;
const facts = { size, imageSizePx, classes, categories, channelMeans, channelDeviations };

async function curveOf(model: string, trainedOn: string, options: Partial<CostCurveOptions> = {}) {
  const network = createNetwork(createArchitecture(model, { classes }), { seed: 1, openingRate: 0.5 });
  const config: RunConfig = {
    format: 1,
    recipe: parseRecipe({ name: 'r', model: { name: model }, epochs: 1, batchSize: 1 }),
    architecture: network.architecture,
    data: { train: { name: trainedOn, ...facts }, test: { name: trainedOn, ...facts } },
    environment: {} as RunConfig['environment'], // not read
  };
  const before = tf.memory().numTensors;
  try {
    return await costCurve(network, 'run', config, test, {
      ...{ shares: [0.6], trainingDatasets: [], calibrationImages: 4, batchSize: 2 },
      ...{ signal: undefined, onSkipped: undefined },
      onProgress: () => undefined,
      ...options,
    });
  } finally {
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
  }
}

const dynamic = 'dmnn-cifar-resnet8-0.25-n2';

it('is nothing for a network without gates', async () => {
  expect(await curveOf('cifar-resnet8-0.25', 'built-in')).toEqual({});
});

it('says that training images are missing, and takes those that are given', async () => {
  expect(await curveOf(dynamic, 'elsewhere')).toEqual({
    remark: expect.stringMatching(/^No budgets, since the training images of elsewhere/) as string,
  });
  const { curve } = await curveOf(dynamic, 'elsewhere', {
    trainingDatasets: [{ ...train, name: 'elsewhere' }],
  });
  expect(curve).toMatchObject({ run: 'run', points: [{ label: '0.6' }] });
});

it('takes no images that are normalised in another way', async () => {
  const other = { ...train, name: 'elsewhere', channelMeans: [0, 0, 0] as const };
  expect(await curveOf(dynamic, 'elsewhere', { trainingDatasets: [other] })).not.toHaveProperty('curve');
});

it('has no curve but a remark where no budget can be met', async () => {
  expect(await curveOf(dynamic, 'built-in', { shares: [0.01, 0.02] })).toEqual({
    remark: expect.stringMatching(/^Budgets that cannot be met: 0\.01, 0\.02; with all gates/) as string,
  });
});

it('reports the current budget', async () => {
  const reported: [number, number][] = [];
  await curveOf(dynamic, 'built-in', { onProgress: (...progress) => reported.push(progress) });
  expect(reported).toEqual([[0.6, 2]]);
});
