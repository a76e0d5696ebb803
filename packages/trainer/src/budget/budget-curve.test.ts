import { createArchitecture } from '@dmnn/backbones';
import { subset } from '@dmnn/data';
import { countUndivided } from '@dmnn/flops';
import { thresholded } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.js';
import { tinyDataset } from '@dmnn/test-kit';
import type { EngineNetwork } from '../evaluate/engine-network.js';
import { tensorEngine } from '../fixtures/tensor-engine.js';
import { tinyImageFiles } from '../fixtures/tiny-image-files.js';
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
    expect(some?.evaluation?.cost.perImageMacs).toEqual(oracle.cost.perImageMacs);
    expect(some?.evaluation?.error.predictions).toEqual(oracle.error.predictions);
    expect(some?.testCost).toBeCloseTo(oracle.cost.meanMacs, 3);

    expect(all).toMatchObject({ threshold: 0, testCost: curve.highestCost });
    expect(more?.evaluation).toBe(all?.evaluation); // one evaluation for equal thresholds
    expect(asked).toEqual([budgets[0], budgets[0], budgets[0], budgets[2], budgets[2], budgets[2]]);
  });

  it('finds the same in an engine, whose thresholds move from run to run', async () => {
    const asked = { calibration, test, budgets: [0.6, 0.8].map((share) => share * whole), tolerance: 0.05 };
    const expected = await budgetCurve({ network, execution: 'masked', ...asked });
    const { engine, log } = tensorEngine(network, 8, { imagesAtOnce: 2 });
    const curve = await budgetCurve({ network: engine, ...asked, batchSize: 5 });
    expect(curve.points.map(({ threshold }) => threshold)).toEqual(
      expected.points.map(({ threshold }) => expect.closeTo(threshold!, 5) as number),
    );
    expect(curve).toMatchObject({ passes: expected.passes, calibrationImages: 16 });
    for (const [i, { evaluation, testCost }] of curve.points.entries()) {
      const { evaluation: own, testCost: cost } = expected.points[i]!;
      expect([evaluation?.cost, evaluation?.gates, testCost]).toEqual([own?.cost, own?.gates, cost]);
      expect(evaluation?.error.predictions).toEqual(own?.error.predictions);
    }
    expect(log.decisions.every(({ threshold }) => threshold !== undefined)).toBe(true);
  });

  it('refuses an engine without log-odds, and masked execution in one', async () => {
    const { engine } = tensorEngine(network, 8);
    const asked = { calibration, test, budgets: [0.6 * whole] };
    const silent: EngineNetwork = {
      ...engine,
      run: async (image, decision) => ({ ...(await engine.run(image, decision)), gateLogOdds: undefined }),
    };
    await expect(budgetCurve({ network: silent, ...asked })).rejects.toThrow(
      'network: expected an engine that gives the log-odds of gates, got compiled',
    );
    await expect(budgetCurve({ network: engine, execution: 'masked', ...asked })).rejects.toThrow(
      'execution: expected skipping with an engine, which only does that, got masked',
    );
  });

  it('leaves damaged images out, of those that calibrate and of those that test', async () => {
    const damaged = {
      train: tinyImageFiles('train', 12, [0, 1, 2, 3, 4]),
      test: tinyImageFiles('test', 6, [5]),
    };
    const asked = { network, budgets: [0.6 * whole, 0.8 * whole], batchSize: 4 };
    const files: string[] = [];
    const curve = await budgetCurve({
      ...{ ...asked, calibration: damaged.train, test: damaged.test },
      onSkipped: (skipped) => void files.push(...skipped.map(({ problem }) => problem.file)),
    });
    const intact = await budgetCurve({
      ...asked,
      calibration: subset(damaged.train, [5, 6, 7, 8, 9, 10, 11]),
      test: subset(damaged.test, [0, 1, 2, 3, 4]),
    });
    expect(curve.points.map(({ threshold }) => threshold)).toEqual(
      intact.points.map(({ threshold }) => threshold),
    );
    expect(curve.points.map(({ evaluation }) => evaluation?.cost.perImageMacs)).toEqual(
      intact.points.map(({ evaluation }) => evaluation?.cost.perImageMacs),
    );
    expect([...new Set(files)].sort()).toEqual([
      ...['test/5.jpg', 'train/0.jpg', 'train/1.jpg', 'train/2.jpg', 'train/3.jpg', 'train/4.jpg'],
    ]);
    const all = budgetCurve({ ...asked, calibration: damaged.train, test: damaged.test });
    await expect(all).rejects.toMatchObject({ code: 'DMNN_DATA' });
  });

  it('refuses to calibrate on damaged images alone', async () => {
    const calibration = tinyImageFiles('train', 2, [0, 1]);
    const none = budgetCurve({
      network,
      calibration,
      test,
      budgets: [0.6 * whole],
      onSkipped: () => undefined,
    });
    await expect(none).rejects.toThrow('expected intact images, got damaged ones only');
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
