import { createArchitecture } from '@dmnn/backbones';
import { trainingBatches } from '@dmnn/data';
import { countNetwork, flopsTable } from '@dmnn/flops';
import { createNetwork } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type GatingRecipe, RecipeError, gatingTarget, readMetrics } from '@dmnn/runs';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { tinyRecipe } from '../fixtures/tiny-recipe.js';
import { gatingOptimum } from './gating-optimum.js';
import { createLearner } from '../train/learner.js';
import { lossTarget } from './loss-target.js';
import { train } from '../train.js';
import { computeStep } from '../train/training-step.js';

const data = { train: tinyDataset('train', 16), test: tinyDataset('test', 12) };
const dmnn50 = createArchitecture('dmnn50-n2');

function gatingOf(gating: Record<string, unknown>): GatingRecipe {
  return tinyRecipe({ gating: { targetRate: 0.4, ...gating } }).gating!;
}

describe('gatingOptimum', () => {
  it('is what the paper’s notes have for DMNN-50 n2', () => {
    const optimum = gatingOptimum(dmnn50, gatingOf({}));
    expect(optimum.executionRate).toBeCloseTo(0.363, 3);
    expect(optimum.flopsRate).toBeCloseTo(0.442, 3);
    expect(optimum).toMatchObject({ targetOf: 'both', lossTarget: 0.4 });
    expect(optimum.blockRates).toEqual(Array(16).fill(optimum.executionRate));
    expect(optimum.macsRatio / optimum.flopsRate).toBeCloseTo(
      countNetwork(dmnn50).macs / countNetwork(createArchitecture('resnet50')).macs,
      12,
    );
  });

  it('is the rate, or the cost, that the recipe asks for', () => {
    expect(gatingOptimum(dmnn50, gatingOf({ targetOf: 'rate' })).executionRate).toBeCloseTo(0.4, 12);
    expect(gatingOptimum(dmnn50, gatingOf({ targetOf: 'flops' })).flopsRate).toBeCloseTo(0.4, 12);
  });

  it('falls with the target, from all open', () => {
    for (const targetOf of ['both', 'rate', 'flops']) {
      const gating = gatingOf({ targetOf, targetFallUntil: 0.5 });
      expect(gatingOptimum(dmnn50, gating, 0)).toMatchObject({
        lossTarget: 1,
        executionRate: 1,
        flopsRate: 1,
      });
      const [half, end] = [0.25, 0.5].map(
        (progress) => gatingOptimum(dmnn50, gating, progress).executionRate,
      );
      expect(half).toBeCloseTo((1 + end!) / 2, 12);
      expect(gatingOptimum(dmnn50, gating)).toEqual(gatingOptimum(dmnn50, gating, 0.5));
    }
  });

  it('is ConvNet-AIG’s targets where blocks have their own, and null where there is none', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 100 });
    const { fixedMacs, controllerMacs, subBlockMacs } = flopsTable(countNetwork(architecture));
    const gating = gatingOf({ layerTargets: [1, 0.5, 0.2], category: null });
    const optimum = gatingOptimum(architecture, gating);
    expect(optimum.blockRates).toEqual([null, 0.5, 0.2]);
    expect(optimum.executionRate).toBeCloseTo(1.7 / 3, 12);
    const [a, b, c] = subBlockMacs.map((costs) => costs.reduce((sum, cost) => sum + cost, 0)) as [number, number, number]; // prettier-ignore
    const always = fixedMacs + controllerMacs.reduce((sum, cost) => sum + cost, 0);
    expect(optimum.flopsRate).toBeCloseTo((always + a + 0.5 * b + 0.2 * c) / (always + a + b + c), 12);
  });
});

describe('targetOf', () => {
  it('absent or both, leaves the losses as they were', () => {
    for (const gating of [{}, { targetOf: 'both' }])
      expect(lossTarget(gatingTarget(gatingOf(gating)), dmnn50)).toEqual({ kind: 'joint', t: 0.4 });
    expect('targetOf' in gatingOf({})).toBe(false); // runs of before it was known stay the same
  });

  it('trains as the target would whose optimum it asks for, bit by bit, and logs that target', async () => {
    await inTemporaryFolder(async (folder) => {
      const gating = { targetRate: 0.7, openingRate: 0.7 };
      const recipe = tinyRecipe({ epochs: 1, gating: { ...gating, targetOf: 'flops' } });
      await train({ recipe, data, folder });
      const first = (await readMetrics(folder)).find((record) => record.kind === 'step');

      const architecture = createArchitecture(recipe.model.name, { classes: 4, imageSizePx: 8 });
      const { lossTarget: targetRate } = gatingOptimum(architecture, recipe.gating!);
      expect(targetRate).toBeLessThan(0.7);
      expect(first?.targetRate).toBe(targetRate);
      const network = createNetwork(architecture, { seed: recipe.seed, openingRate: 0.7 });
      const plain = tinyRecipe({ epochs: 1, gating: { ...gating, targetRate } });
      const learner = createLearner(network, plain, data.train);
      for await (const batch of trainingBatches(data.train, {
        batchSize: 4,
        seed: recipe.seed,
        epoch: 0,
        augment: recipe.augmentation,
      })) {
        const { values, gradients } = await computeStep(learner, batch, plain, {
          step: 0,
          epoch: 0,
          progress: 0,
        });
        tf.dispose([...gradients.values()]);
        expect(first?.loss).toEqual(values.loss);
        break;
      }
      learner.heads?.dispose();
      network.dispose();
    });
  });

  it('is refused where no gates can come to it', async () => {
    await inTemporaryFolder(async (folder) => {
      const recipe = tinyRecipe({ gating: { targetRate: 0.01, targetOf: 'flops' } });
      await expect(train({ recipe, data, folder })).rejects.toThrow(
        /gating\.targetRate: expected more than 0\.\d{4}, the share of its MACs that dmnn-cifar-resnet8-0\.25-n2 runs for every image, since targetOf is flops, got 0\.01/,
      );
    });
    expect(() => gatingOf({ targetOf: 'rate', layerTargets: 'same', category: null })).toThrow(RecipeError);
    expect(() => gatingOf({ targetOf: 'rate', layerTargets: 'same', category: null })).toThrow(
      'gating.targetOf: expected both with layerTargets, got rate',
    );
  });
});
