import { gatedBlocks } from '@dmnn/architecture';
import { likeliest } from '@dmnn/gating';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { readMetrics } from '@dmnn/runs';
import { tinyRecipe } from '../fixtures/tiny-recipe.js';
import { loadRun } from '../run/load-run.js';
import { train } from '../train.js';
import { gatingOptimum } from './gating-optimum.js';

const data = { train: tinyDataset('train', 32), test: tinyDataset('test', 12) };

function recipeOf(name: string, pattern: string, more: object = {}): ReturnType<typeof tinyRecipe> {
  return tinyRecipe({
    model: { name },
    gating: { targetRate: 0.5, openingRate: 0.9, policy: { kind: 'fixed', pattern }, ...more },
  });
}

describe.each([
  ['dmnn-cifar-resnet8-0.25-n2', '10,01,00'],
  ['dmnn-cifar-resnet8-0.25-n4', '1010,0001,1111'],
  ['convnet-aig-cifar-resnet8-0.25', '1,0,1'],
])('a run of %s with the fixed pattern %s', (name, pattern) => {
  const rates = pattern.split(',').map((word) => Array.from(word, Number));

  it('runs it for every image from the first step to the last, in its checkpoints too, and costs what its plan says', async () => {
    await inTemporaryFolder(async (folder) => {
      await train({ recipe: recipeOf(name, pattern), data, folder });
      const records = await readMetrics(folder);
      // what was asked for is no cause for alarm
      expect(records.filter(({ kind }) => kind === 'alarm')).toEqual([]);
      const open = rates.map((row) => row.reduce((sum, each) => sum + each, 0) / row.length);
      const steps = records.flatMap((record) => (record.kind === 'step' ? [record] : []));
      expect(steps.length).toBeGreaterThan(8);
      const mean = open.reduce((sum, each) => sum + each, 0) / open.length;
      for (const { executionRate } of steps) expect(executionRate).toBeCloseTo(mean, 6);
      const tested = records.flatMap((record) => (record.kind === 'epoch' ? [record.evaluation] : []));
      expect(tested).toHaveLength(2);
      for (const which of ['best', 'latest'] as const) {
        const { network, config } = await loadRun(folder, { which });
        const { macsRatio, blockRates } = gatingOptimum(network.architecture, config.recipe.gating!);
        expect(blockRates).toEqual(open);
        for (const evaluation of tested) expect(evaluation?.macsRatio).toBeCloseTo(macsRatio, 9);
        const images = tf.randomNormal<tf.Rank.R4>([5, 8, 8, 3], 0, 30, 'float32', 4);
        const pass = network.forward(images, {
          policy: likeliest,
          statistics: 'moving',
          execution: 'masked',
        });
        for (const [l, gates] of pass.gates.entries())
          expect(gates.arraySync()).toEqual(Array.from({ length: 5 }, () => rates[l]));
        expect(pass.gates).toHaveLength(gatedBlocks(network.architecture).length);
        tf.dispose([pass, images]);
        network.dispose();
      }
    });
  });
});

it.each([
  [
    '10,01',
    {},
    /gating\.policy\.pattern: expected 1 \(open\) or 0 for each sub-block of dmnn-cifar-resnet8-0\.25-n2, such as 11,11,11, got 10,01/,
  ],
  [
    '10,01,11',
    { gatesOpenUntil: 0.5 },
    /gating\.gatesOpenUntil: expected 0 or nothing, since the pattern is fixed, got 0\.5/,
  ],
])('refuses what would not hold: %s %j', async (pattern, more, message) => {
  await inTemporaryFolder(async (folder) => {
    const recipe = recipeOf('dmnn-cifar-resnet8-0.25-n2', pattern, more);
    await expect(train({ recipe, data, folder })).rejects.toThrow(message);
  });
});
