import { createArchitecture } from '@dmnn/backbones';
import { trainingBatches } from '@dmnn/data';
import { createNetwork } from '@dmnn/network';
import { type Recipe, readMetrics } from '@dmnn/runs';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { tinyRecipe } from '../fixtures/tiny-recipe.js';
import { gatingProblems } from '../gates/gating-problems.js';
import { train } from '../train.js';
import { createLearner } from './learner.js';
import { type ComputedStep, computeStep } from './training-step.js';

const name = 'skipnet-cifar-resnet8-0.25';
const data = { train: tinyDataset('train', 32), test: tinyDataset('test', 12) };
const architecture = createArchitecture(name, { classes: 4, imageSizePx: 8 });
const reinforced = { kind: 'reinforced', costReward: 0.3, weight: 2 };

function recipeOf(gating: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Recipe {
  const own = { targetRate: 1, resourceWeight: 0, category: null, policy: reinforced, ...gating };
  return tinyRecipe({ model: { name }, gating: own, ...more });
}

async function stepOf<T>(recipe: Recipe, look: (step: ComputedStep) => T): Promise<T> {
  const network = createNetwork(architecture, { seed: 3, openingRate: 0.6 });
  try {
    const learner = createLearner(network, recipe, data.train);
    const options = { batchSize: 8, seed: 1, epoch: 1, augment: 'none' } as const;
    for await (const batch of trainingBatches(data.train, options)) {
      const step = await computeStep(learner, batch, recipe, { step: 3, epoch: 1, progress: 0.1 });
      const seen = look(step);
      tf.dispose([...step.gradients.values()]);
      return seen;
    }
    throw new Error('no batch');
  } finally {
    network.dispose();
  }
}

const sizes = ({ gradients }: ComputedStep): Map<string, number> =>
  new Map([...gradients].map(([key, each]) => [key, tf.tidy(() => tf.norm(each).dataSync()[0] as number)]));
const ofControllers = (all: Map<string, number>): [string, number][] =>
  [...all].filter(([key]) => key.includes('controller'));

it('adds the REINFORCE loss to the total, in one part or two', async () => {
  for (const accumulation of [1, 2]) {
    const { loss } = await stepOf(recipeOf({}, { batchSize: 8, accumulation }), ({ values }) => values);
    expect(loss.reinforcement).toBeTypeOf('number');
    expect(loss.executionRate + loss.flops + loss.bounds).toBe(0);
    expect(loss.total).toBeCloseTo(loss.classification + (loss.reinforcement as number), 4);
  }
});

it('teaches controllers by rewards alone, the head by labels alone, and the trunk through its gates too', async () => {
  const once = await stepOf(recipeOf(), sizes);
  const twice = await stepOf(recipeOf({ policy: { ...reinforced, weight: 4 } }), sizes);
  const names = ofControllers(once).map(([key]) => key);
  expect(names).toContain('controllers.cell.state.weight');
  expect(names).toContain('controllers.decide1.weight');
  for (const name of names) {
    expect(once.get(name), name).toBeGreaterThan(0);
    expect(twice.get(name)! / once.get(name)!, name).toBeCloseTo(2, 3);
  }
  expect(twice.get('head.linear.weight')).toBe(once.get('head.linear.weight'));
  // controllers read the means of the trunk's maps, as in SkipNet's code
  expect(twice.get('stem.unit0.weight')).not.toBe(once.get('stem.unit0.weight'));
});

it('leaves gates alone that are not drawn: held open at first, or decided at the end', async () => {
  for (const gating of [{ gatesOpenUntil: 0.5 }, { gatesLearnUntil: 0.05 }]) {
    const { loss, gradients } = await stepOf(recipeOf(gating), (step) => ({
      loss: step.values.loss,
      gradients: ofControllers(sizes(step)),
    }));
    expect(loss.reinforcement).toBeUndefined();
    for (const [, size] of gradients) expect(size).toBe(0);
  }
});

it.each([
  [{ resourceWeight: 1 }, 'gating.resourceWeight: expected 0, since gates that are drawn have no gradient'],
  [{ bounds: { weight: 1 } }, 'gating.bounds: expected null, since gates that are drawn have no gradient'],
  [
    { noiseOffAfter: 0.8 },
    'gating.noiseOffAfter: expected 1, since rewards teach gates that are drawn, got 0.8',
  ],
])('refuses %o', (gating, message) => {
  expect(gatingProblems(architecture, recipeOf(gating).gating)).toEqual([expect.stringContaining(message)]);
});

it('closes gates where that is all that is rewarded, and logs the loss', async () => {
  await inTemporaryFolder(async (folder) => {
    const gating = { openingRate: 0.6, policy: { ...reinforced, costReward: 20 } };
    const more = { epochs: 12, learningRate: { kind: 'constant', from: 0.02 } };
    const result = await train({ recipe: recipeOf(gating, more), data, folder });
    expect(result.status).toBe('finished');
    expect(result.evaluation?.gates.executionRate).toBeLessThan(0.2); // it began with all of them open
    const epochs = (await readMetrics(folder)).filter((line) => line.kind === 'epoch');
    expect(epochs.at(-1)?.training.loss.reinforcement).toBeTypeOf('number');
  });
});
