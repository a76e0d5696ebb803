import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, flopsTable, highestCost, macCosts } from '@dmnn/flops';
import { thresholded } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.js';
import { type LogOddsRule, logitsNetwork } from '../fixtures/logits-network.js';
import { tinyDataset } from '@dmnn/test-kit';
import { type ThresholdProgress, findThresholds } from './find-thresholds.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });
const costs = macCosts(flopsTable(countNetwork(architecture, { imageSizePx: 8 })));
const [lowest, highest] = [costs.alwaysCost, highestCost(costs)];
const budgetAt = (share: number): number => lowest + share * (highest - lowest);
const calibration = tinyDataset('train', 20);

/** Numbers in −4 … 4 without a pattern, none of them twice. */
const scattered: LogOddsRule = (key, l, n) => 4 * Math.sin(1 + 12.9898 * key + 78.233 * l + 37.719 * n);

/** Mean cost, gate by gate as the rule says, in double precision. */
function costUnder(rule: LogOddsRule, leastLogOdds: number): number {
  let total = 0;
  for (let key = 0; key < calibration.size; key++) {
    let openBefore = 0;
    costs.subBlockCosts.forEach((block, l) => {
      const open = block.map((_, n) => Math.fround(rule(key, l, n, openBefore)) >= leastLogOdds);
      block.forEach((cost, n) => (total += open[n] ? cost : 0));
      openBefore += open.filter(Boolean).length;
    });
  }
  return lowest + total / calibration.size;
}

describe('findThresholds', () => {
  it('meets budgets of a real network as closely as asked, as an evaluation confirms', async () => {
    const network = createNetwork(architecture, { seed: 5, openingRate: 0.5 });
    const budgets = [0.2, 0.5, 0.8].map(budgetAt);
    const before = tf.memory().numTensors;
    const { thresholds, passes } = await findThresholds({
      network,
      calibration,
      budgets,
      tolerance: 0.02,
      batchSize: 7,
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(passes).toBeLessThanOrEqual(30);
    for (const { budget, threshold, calibrationCost } of thresholds) {
      expect(calibrationCost).toBeLessThanOrEqual(budget);
      expect(calibrationCost).toBeGreaterThan(budget - 0.02 * (highest - lowest));
      const policy = thresholded({ threshold: threshold! });
      const { cost } = await evaluate({ network, dataset: calibration, policy });
      expect(calibrationCost).toBeCloseTo(cost.meanMacs, 3);
    }
    network.dispose();
  });

  it('is exact in its second pass where no gate depends on another', async () => {
    const network = logitsNetwork(architecture, scattered);
    const budget = budgetAt(0.37);
    const { thresholds, passes } = await findThresholds({
      network,
      calibration,
      budgets: [budget],
      tolerance: 0.01,
    });
    expect(passes).toBe(2);
    const all = Array.from({ length: calibration.size }, (_, key) =>
      costs.subBlockCosts.flatMap((block, l) => block.map((_, n) => Math.fround(scattered(key, l, n, 0)))),
    ).flat();
    const best = Math.max(
      ...all.map((least) => costUnder(scattered, least)).filter((cost) => cost <= budget),
    );
    expect(thresholds[0]?.calibrationCost).toBeCloseTo(best, 6);
  });

  it('comes near where what is open closes or opens what follows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        fc.double({ min: -0.3, max: 0.3, noNaN: true }),
        async (share, influence) => {
          const rule: LogOddsRule = (key, l, n, openBefore) =>
            scattered(key, l, n, 0) + influence * openBefore;
          const budget = budgetAt(share);
          const network = logitsNetwork(architecture, rule);
          const { thresholds } = await findThresholds({
            network,
            calibration,
            budgets: [budget],
            maxPasses: 12,
          });
          const { threshold, calibrationCost } = thresholds[0]!;
          expect(calibrationCost).toBeLessThanOrEqual(budget);
          expect(calibrationCost).toBeCloseTo(costUnder(rule, Math.log(threshold! / (1 - threshold!))), 6);
          // one image's most expensive sub-blocks of 20 images: costs come in steps
          expect(calibrationCost).toBeGreaterThan(budget - 0.1 * (highest - lowest));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('comes near where gates that close open most that follow, so that what log-odds propose creeps', async () => {
    const deep = createArchitecture('dmnn-cifar-resnet20-n2', { classes: 4, imageSizePx: 8 });
    const table = macCosts(flopsTable(countNetwork(deep, { imageSizePx: 8 })));
    const range = highestCost(table) - table.alwaysCost;
    const images = tinyDataset('train', 100);
    for (const influence of [-0.3, -0.5, -0.8]) {
      const rule: LogOddsRule = (key, l, n, openBefore) =>
        scattered(key, l, n, 0) / 2 + influence * (openBefore - 1.2 * l);
      const network = logitsNetwork(deep, rule);
      for (const budget of [0.8, 0.6, 0.4, 0.2].map((share) => table.alwaysCost + share * range)) {
        const { thresholds } = await findThresholds({ network, calibration: images, budgets: [budget] });
        const { calibrationCost } = thresholds[0]!;
        expect(calibrationCost).toBeLessThanOrEqual(budget);
        expect((budget - calibrationCost!) / range).toBeLessThan(0.005);
      }
    }
  });

  it('uses the passes of one budget for the others, and reports each', async () => {
    const seen: ThresholdProgress[] = [];
    const network = logitsNetwork(architecture, scattered);
    const budgets = [0.5, 0.5, 0.6].map(budgetAt);
    const { passes, thresholds } = await findThresholds({
      ...{ network, calibration, budgets, tolerance: 0.02 },
      onProgress: (progress) => seen.push(progress),
    });
    expect(thresholds[0]).toEqual(thresholds[1]);
    expect(passes).toBeLessThanOrEqual(3);
    expect(seen.map((each) => each.passes)).toEqual(Array.from({ length: passes }, (_, i) => i + 1));
    expect(seen[0]).toMatchObject({ budget: budgets[0], threshold: 0.5 });
  });

  it('says which budgets cannot be met, and opens everything where that is within the budget', async () => {
    const network = logitsNetwork(architecture, scattered);
    const found = await findThresholds({
      network,
      calibration,
      budgets: [lowest - 1, lowest, highest, 2 * highest],
    });
    expect(found).toMatchObject({ lowestCost: lowest, highestCost: highest });
    expect(found.thresholds).toEqual([
      { budget: lowest - 1, threshold: null, calibrationCost: null },
      { budget: lowest, threshold: expect.any(Number) as number, calibrationCost: lowest },
      { budget: highest, threshold: 0, calibrationCost: highest },
      { budget: 2 * highest, threshold: 0, calibrationCost: highest },
    ]);
  });

  it('closes all gates of equal logits that would together cost too much', async () => {
    const network = logitsNetwork(architecture, () => 0.25);
    const { thresholds } = await findThresholds({ network, calibration, budgets: [budgetAt(0.9)] });
    expect(thresholds[0]?.calibrationCost).toBe(lowest);
    expect(thresholds[0]?.threshold).toBeGreaterThan(1 / (1 + Math.exp(-0.25)));
  });

  it('takes costs of any unit', async () => {
    const network = logitsNetwork(architecture, scattered);
    const milliseconds = {
      alwaysCost: 2,
      subBlockCosts: [
        [0, 0],
        [0, 0],
        [3, 5],
      ],
    };
    const { thresholds } = await findThresholds({ network, calibration, costs: milliseconds, budgets: [6] });
    expect(thresholds[0]?.calibrationCost).toBeGreaterThan(5.5);
    expect(thresholds[0]?.calibrationCost).toBeLessThanOrEqual(6);
  });

  it('does not take NaN for a closed gate', async () => {
    const network = logitsNetwork(architecture, (key) => (key === 9 ? NaN : 0));
    await expect(
      findThresholds({ network, calibration, budgets: [budgetAt(0.5)], batchSize: 5 }),
    ).rejects.toMatchObject({ code: 'DMNN_NAN', details: { firstImage: 5 } });
  });

  it('stops when it is aborted', async () => {
    const network = logitsNetwork(architecture, scattered);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(findThresholds({ network, calibration, budgets: [budgetAt(0.5)], signal })).rejects.toThrow(
      'enough',
    );
  });

  it('refuses a network without gates, no images and numbers out of range', async () => {
    const network = logitsNetwork(architecture, scattered);
    const still = logitsNetwork(
      createArchitecture('cifar-resnet8', { classes: 4, imageSizePx: 8 }),
      scattered,
    );
    const good = { network, calibration, budgets: [highest] };
    await expect(findThresholds({ ...good, network: still })).rejects.toThrow(
      'network: expected one with gates, got cifar-resnet8,',
    );
    await expect(findThresholds({ ...good, calibration: { ...calibration, size: 0 } })).rejects.toThrow(
      'calibration: expected at least one image',
    );
    await expect(findThresholds({ ...good, budgets: [1, NaN] })).rejects.toThrow(
      'budgets: expected numbers above 0, got NaN',
    );
    await expect(findThresholds({ ...good, tolerance: 1 })).rejects.toThrow('tolerance: expected');
    await expect(findThresholds({ ...good, maxPasses: 0 })).rejects.toThrow('maxPasses: expected');
  });
});
