import { convnetAig, createArchitecture } from '@dmnn/backbones';
import { trainingBatches } from '@dmnn/data';
import { createNetwork } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.js';
import { evaluationPolicy } from '../evaluate/evaluation-policy.js';
import { type Recipe, recipeNamed } from '@dmnn/runs';
import { loadRun } from '../run/load-run.js';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { tinyRecipe } from '../fixtures/tiny-recipe.js';
import { createLearner } from './learner.js';
import { gatingProblems } from '../gates/gating-problems.js';
import { gatingSchedule } from '../gates/gating-schedule.js';
import { resourceTerms } from '../gates/resource-terms.js';
import { train } from '../train.js';
import type { StepValues } from './step-values.js';
import { computeStep } from './training-step.js';

const data = { train: tinyDataset('train', 32), test: tinyDataset('test', 12) };
const name = 'convnet-aig-cifar-resnet8-0.25';
const architecture = createArchitecture(name, { classes: 4, imageSizePx: 8 });
// the first block without a gate: what `alwaysOn` gives
const { stages } = convnetAig(
  createArchitecture('cifar-resnet8-0.25', { classes: 4, imageSizePx: 8 }),
  { name: 'pinned', alwaysOn: [0] },
); // prettier-ignore
const pinned = { ...architecture, stages };
const twoGated = { ...architecture, stages: architecture.stages.slice(0, 2) };

function recipeOf(gating: Record<string, unknown>, more: Record<string, unknown> = {}): Recipe {
  return tinyRecipe({ model: { name }, gating: { targetRate: 0.6, category: null, ...gating }, ...more });
}

async function stepOf(recipe: Recipe, of = architecture): Promise<StepValues> {
  const network = createNetwork(of, { seed: 3, openingRate: 0.6 });
  const learner = createLearner(network, recipe, data.train);
  try {
    for await (const batch of trainingBatches(data.train, {
      batchSize: 4,
      seed: 1,
      epoch: 1,
      augment: 'none',
    })) {
      const { values, gradients } = await computeStep(learner, batch, recipe, {
        step: 3,
        epoch: 1,
        progress: 0.1,
      });
      tf.dispose([...gradients.values()]);
      return values;
    }
    throw new Error('no batch');
  } finally {
    network.dispose();
  }
}

it('is the sum over gated blocks of (t_l − r_l)², over all blocks, times the weight', async () => {
  const targets = [1, 0.5, 0.3];
  const { loss, executionRates } = await stepOf(
    recipeOf({ layerTargets: targets, resourceWeight: 2 }),
    pinned,
  );
  const [first, second] = executionRates as [number, number];
  expect(executionRates).toHaveLength(2);
  expect(loss.executionRate).toBeCloseTo((2 * ((0.5 - first) ** 2 + (0.3 - second) ** 2)) / 3, 6);
  expect([loss.flops, loss.bounds, loss.category]).toEqual([0, 0, 0]);
  expect(loss.total).toBeCloseTo(loss.classification + loss.executionRate, 5);
});

it('leaves a gated block of target 1 to itself, as its authors’ code does', async () => {
  const { loss, executionRates } = await stepOf(recipeOf({ layerTargets: [1, 0.5, 1], resourceWeight: 3 }));
  expect(executionRates).toHaveLength(3);
  expect(loss.executionRate).toBeCloseTo((3 * (0.5 - (executionRates[1] as number)) ** 2) / 3, 6);
});

it('lets every block’s target fall, each to its own', () => {
  const at = (progress: number): number => {
    const { gating } = recipeOf({ layerTargets: [0.2, 0.6], targetFallUntil: 0.5, resourceWeight: 1 });
    const settings = gatingSchedule(gating!, twoGated).at(progress);
    return tf.tidy(() => {
      const rates = { rates: tf.tensor1d([0.5, 0.5]), flopsRate: tf.scalar(0.5) };
      const terms = resourceTerms(rates, settings);
      return terms.total.dataSync()[0] as number;
    });
  };
  // half way down: 0.6 and 0.8
  expect(at(0.25)).toBeCloseTo((0.1 ** 2 + 0.3 ** 2) / 2, 6);
  expect(at(0.75)).toBeCloseTo((0.3 ** 2 + 0.1 ** 2) / 2, 6);
});

it('is the same loss whether a batch is computed whole or in parts, up to batch norm', async () => {
  const recipe = recipeOf({ layerTargets: [0.3, 0.5, 0.9], resourceWeight: 2 });
  const { loss, executionRates } = await stepOf({ ...recipe, accumulation: 2 });
  const squares = [0.3, 0.5, 0.9].map((target, l) => (target - (executionRates[l] as number)) ** 2);
  expect(loss.executionRate).toBeCloseTo((2 * squares.reduce((sum, square) => sum + square)) / 3, 5);
});

it.each([
  [{ layerTargets: [0.5] }, 'gating.layerTargets: expected 3 target rates, one for each block of'],
  [
    { layerTargets: [0.5, 0.5, 0.5] },
    'gating.layerTargets.0: expected 1, since stage0.block0 has no gate, got 0.5',
  ],
])('says what is wrong with %o', (gating, message) => {
  expect(gatingProblems(pinned, recipeOf(gating).gating)[0]).toContain(message);
});

it('refuses a list that is not the network’s before the first step', async () => {
  const recipe = recipeOf({ layerTargets: [0.5] });
  await expect(train({ recipe, data, folder: '/nowhere' })).rejects.toThrow(/expected 3 target rates/);
});

it('has in its recipes a target below 1 exactly where there is a gate', () => {
  for (const recipe of ['imagenet-convnet-aig50', 'imagenet-convnet-aig101'].map(recipeNamed)) {
    const network = createArchitecture(recipe.model.name);
    expect(gatingProblems(network, recipe.gating)).toEqual([]);
    const gates = network.stages.flatMap(({ blocks }) =>
      blocks.map(({ controller }) => controller !== undefined),
    );
    expect((recipe.gating?.layerTargets as number[]).map((target) => target < 1)).toEqual(gates);
  }
});

it('trains towards its targets; noise at evaluation is a choice, and changes what is run', async () => {
  await inTemporaryFolder(async (folder) => {
    const more = { epochs: 6, learningRate: { kind: 'constant', from: 0.1 } };
    const recipe = recipeOf(
      { layerTargets: 'same', targetRate: 0.4, openingRate: 0.9, resourceWeight: 20 },
      more,
    );
    const result = await train({ recipe, data, folder });
    expect(result.status).toBe('finished');
    const { network } = await loadRun(folder, { which: 'latest' });
    try {
      const noisy = { ...recipe, evaluation: { ...recipe.evaluation, noisyGates: true } };
      const rateWith = async (one: Recipe): Promise<number> => {
        const evaluation = await evaluate({ network, dataset: data.train, policy: evaluationPolicy(one) });
        return evaluation.gates.executionRate as number;
      };
      const [withNoise, again] = [await rateWith(noisy), await rateWith(noisy)];
      expect(withNoise).toBe(again);
      // the rates that the loss saw were those with noise
      expect(Math.abs(withNoise - 0.4)).toBeLessThan(0.2);
      expect(await rateWith(recipe)).not.toBe(withNoise);
    } finally {
      network.dispose();
    }
  });
});
