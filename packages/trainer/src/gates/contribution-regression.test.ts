import '@tensorflow/tfjs';
import { join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, flopsTable, fullMacs, macCosts, meanCost } from '@dmnn/flops';
import { createNetwork } from '@dmnn/network';
import { readMetrics } from '@dmnn/runs';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { budgetCurve } from '../budget/budget-curve.js';
import { tinyRecipe, tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import { loadRun } from '../run/load-run.js';
import { train } from '../train.js';
import { contributionTerm, measureContributions, openAtMeanScores } from './contribution-regression.js';
import { lossChanges, subBlockNorms } from './contributions.js';
import { gatingOptimum } from './gating-optimum.js';

const data = { train: tinyDataset('train', 16), test: tinyDataset('test', 12) };
const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });

function regressing(of: 'norm' | 'loss', changes: Record<string, unknown> = {}) {
  return tinyRecipe({
    epochs: 2,
    augmentation: 'none',
    gating: { targetRate: 0.6, regression: { of }, category: null },
    fineTuning: { trainable: 'controllers', calibrationImages: 16 },
    ...changes,
  });
}

describe.each(['norm', 'loss'] as const)('regression of the %s', (of) => {
  it('places its zero where images that knew their contributions would cost what the recipe asks for', async () => {
    const network = createNetwork(architecture, { seed: 5 });
    const recipe = regressing(of);
    const { scale, meanScores } = await measureContributions({ network, recipe, dataset: data.train });
    const table = flopsTable(countNetwork(architecture, { imageSizePx: 8 }));
    expect(scale.costs).toEqual(table.subBlockMacs);
    const part = {
      images: tf.tensor4d(
        Array.from({ length: 16 }, (_, index) => [...data.train.pixels(index)])
          .flat()
          .map(
            (value, at) =>
              (value / 255 - data.train.channelMeans[at % 3]!) / data.train.channelDeviations[at % 3]!,
          ),
        [16, 8, 8, 3],
      ),
      labels: Int32Array.from({ length: 16 }, (_, index) => data.train.label(index)),
      sampleKeys: Array.from({ length: 16 }, (_, index) => index),
    };
    const contributions = (of === 'norm' ? subBlockNorms(network, part) : lossChanges(network, part)).map(
      (each) => each.arraySync(),
    );
    const all = contributions.flat(2);
    expect(scale.floor).toBeCloseTo(all.reduce((sum, each) => sum + each, 0) / all.length / 100, 6);
    // by hand: log(contribution / cost) − offset, and what is above 0 is open
    const scores = contributions.map((rows, l) =>
      rows.map((row) =>
        row.map((each, n) => Math.log(Math.max(each, scale.floor) / scale.costs[l]![n]!) - scale.offset),
      ),
    );
    const rates = scores.map((rows) => [0, 1].map((n) => rows.filter((row) => row[n]! >= 0).length / 16));
    const reached = meanCost(macCosts(table), rates);
    const wanted = gatingOptimum(architecture, recipe.gating!).flopsRate * fullMacs(table);
    expect(reached).toBeLessThanOrEqual(wanted * (1 + 1e-9));
    // one sub-block of one image more would be too much
    expect(reached).toBeGreaterThan(wanted - Math.max(...scale.costs.flat()) / 16);
    for (const [l, rows] of scores.entries())
      for (const n of [0, 1])
        expect(meanScores[l]![n]).toBeCloseTo(rows.reduce((sum, row) => sum + row[n]!, 0) / 16, 4);
    openAtMeanScores(network, { scale, meanScores });
    const bias = [...network.variables.get('stage1.block0.controller.decide.bias')!.dataSync()];
    expect(bias[1]! - bias[0]!).toBeCloseTo(meanScores[1]![0]!, 5);
    expect(bias[3]! - bias[2]!).toBeCloseTo(meanScores[1]![1]!, 5);
    network.dispose();
  });

  it('trains controllers alone, resumes to the same bits, and serves several budgets', async () => {
    await inTemporaryFolder(async (root) => {
      const [from, folder, other] = ['static', 'regressed', 'whole'].map((name) => join(root, name)) as [
        string,
        string,
        string,
      ];
      await train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder: from });
      const recipe = regressing(of);
      await train({ recipe, data, folder: other, from });
      const controller = new AbortController();
      await train({
        ...{ recipe, data, folder, from, signal: controller.signal },
        onProgress: (event) => {
          if (event.kind === 'step' && event.step === 3) controller.abort();
        },
      });
      await train({ recipe, data, folder, resume: true });
      const run = await loadRun(other, { which: 'latest' });
      const again = await loadRun(folder, { which: 'latest' });
      const weights = await run.network.weights();
      expect(await again.network.weights()).toEqual(weights);
      const steps = (await readMetrics(other)).filter((record) => record.kind === 'step');
      for (const { loss, executionRate } of steps) {
        expect(loss.total).toBeCloseTo(loss.classification + loss.contribution!, 5);
        expect([loss.flops, loss.executionRate, executionRate]).toEqual([0, 0, 1]);
      }
      const start = await loadRun(from);
      const trunk = await start.network.weights();
      expect(weights.get('stem.unit0.weight')).toEqual(trunk.get('stem.unit0.weight'));
      const full = run.config.architecture;
      const cost = fullMacs(flopsTable(countNetwork(full, { imageSizePx: 8 })));
      const { points } = await budgetCurve({
        ...{ network: run.network, calibration: data.train, test: data.test },
        budgets: [0.5 * cost, 0.8 * cost],
      });
      expect(points[0]!.calibrationCost!).toBeLessThanOrEqual(0.5 * cost);
      expect(points[1]!.calibrationCost!).toBeGreaterThan(points[0]!.calibrationCost!);
      for (const each of [run, again, start]) each.network.dispose();
    });
  });
});

it('teaches controllers to tell images apart by what their sub-blocks give', async () => {
  const network = createNetwork(architecture, { seed: 5 });
  const contributions = await measureContributions({
    network,
    recipe: regressing('norm'),
    dataset: data.train,
  });
  const term = contributionTerm('norm', contributions);
  const contrasts = tf.tensor4d([0.2, 0.5, 0.8, 1, 1.5, 2, 3, 4], [8, 1, 1, 1]);
  const images = tf.mul<tf.Tensor4D>(
    tf.randomNormal<tf.Rank.R4>([8, 8, 8, 3], 0, 1, 'float32', 1),
    contrasts,
  );
  const labels = new Int32Array(8);
  const norms = subBlockNorms(network, { images, labels, sampleKeys: [0, 1, 2, 3, 4, 5, 6, 7] });
  // what gates that know no image are off by: the variance of scores, whose costs and offset are constant
  const variances = norms.map((each) => tf.mean(tf.moments(tf.log(each), 0).variance).dataSync()[0]!);
  const constant = variances.reduce((sum, each) => sum + each, 0) / variances.length;

  const controllers = network.trainableNames.filter((name) => name.includes('controller'));
  const step = () =>
    tf.variableGrads(
      () =>
        term.loss(
          network.forward(images, {
            policy: (logits) => tf.ones([logits.shape[0], logits.shape[1]]),
            ...{ statistics: 'moving', execution: 'masked', norms: true },
          }),
          labels,
          [],
        ),
      controllers.map((name) => network.variables.get(name)!),
    );
  openAtMeanScores(network, contributions);
  const losses: number[] = [];
  const optimiser = tf.train.momentum(0.01, 0.9);
  for (let i = 0; i < 150; i++) {
    const { value, grads } = step();
    expect(Object.keys(grads)).toHaveLength(controllers.length);
    optimiser.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
    losses.push(value.dataSync()[0]!);
  }
  expect(losses.at(-1)!).toBeLessThan(0.3 * constant);
  network.dispose();
});
