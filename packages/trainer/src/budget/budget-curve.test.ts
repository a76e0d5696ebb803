import { createArchitecture } from '@dmnn/backbones';
import { countUndivided } from '@dmnn/flops';
import { thresholded } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.js';
import { tinyDataset } from '../testing/tiny-dataset.js';
import { budgetCurve } from './budget-curve.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });
const network = createNetwork(architecture, { seed: 5, openingRate: 0.5 });
const [calibration, test] = [tinyDataset('train', 16), tinyDataset('test', 12)];
const whole = countUndivided(architecture, { imageSizePx: 8 }).macs;

afterAll(() => {
  network.dispose();
});

describe('budgetCurve', () => {
  it('measures each threshold on the test images', async () => {
    const budgets = [0.6 * whole, 0.01 * whole, 3 * whole, 4 * whole];
    const asked: number[] = [];
    const curve = await budgetCurve({
      ...{ network, calibration, test, budgets, testBatchSize: 5, tolerance: 0.05 },
      onTestImages: (budget) => asked.push(budget),
    });
    expect(curve.calibrationImages).toBe(16);
    const [some, none, all, more] = curve.points;
    expect(none).toMatchObject({ threshold: null, calibrationCost: null, testCost: null, evaluation: null });

    const policy = thresholded({ threshold: some!.threshold! });
    const oracle = await evaluate({ network, dataset: test, policy });
    expect(some?.evaluation?.perImageMacs).toEqual(oracle.perImageMacs);
    expect(some?.evaluation?.predictions).toEqual(oracle.predictions);
    expect(some?.testCost).toBeCloseTo(oracle.meanMacs, 3);

    expect(all).toMatchObject({ threshold: 0, testCost: curve.highestCost });
    expect(more?.evaluation).toBe(all?.evaluation); // one evaluation for equal thresholds
    expect(asked).toEqual([budgets[0], budgets[0], budgets[0], budgets[2], budgets[2], budgets[2]]);
  });

  it('stops between two batches when it is aborted', async () => {
    const controller = new AbortController();
    const run = budgetCurve({
      ...{ network, calibration, test, budgets: [3 * whole], testBatchSize: 4, signal: controller.signal },
      onTestImages: () => {
        controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
  });
});
