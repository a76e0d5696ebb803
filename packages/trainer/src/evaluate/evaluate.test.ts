import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { type GatePolicy, scripted } from '@dmnn/gating';
import { type Network, createNetwork } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { tinyDataset } from '@dmnn/test-kit';
import { compareExecutions } from './compare-executions.js';
import { evaluate } from './evaluate.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });
const network = createNetwork(architecture, { seed: 5, openingRate: 0.5 });
const dataset = tinyDataset('test', 23);

afterAll(() => {
  network.dispose();
});

/** Image by image through the network's own forward pass. */
function predictionOf(of: Network, index: number, policy: GatePolicy): number {
  const pixels = Float32Array.from(dataset.pixels(index), (byte) => (byte / 255 - 0.4) / 0.25);
  return tf.tidy(() => {
    const pass = of.forward(tf.tensor4d(pixels, [1, 8, 8, 3]), {
      policy,
      statistics: 'moving',
      execution: 'masked',
      sampleKeys: [index],
    });
    return tf.argMax(pass.logits, 1).dataSync()[0]!;
  });
}

describe('evaluate', () => {
  it('reports why a pass failed, not why its images cannot be freed', async () => {
    const failing = createNetwork(architecture, { seed: 5 });
    vi.spyOn(failing, 'forward').mockImplementation(() => {
      throw new Error('no room for the pass');
    });
    const dispose = vi.spyOn(tf.Tensor.prototype, 'dispose').mockImplementation(() => {
      throw new Error('memory access out of bounds');
    });
    const run = evaluate({ network: failing, dataset, batchSize: 5 });
    await expect(run).rejects.toThrow('no room for the pass');
    expect(dispose).toHaveBeenCalled();
    dispose.mockRestore();
    failing.dispose();
  });

  it('counts every image once, whatever the batch', async () => {
    const policy = scripted((blockIndex, key) => [(key + blockIndex) % 2 === 0, key % 3 === 0]);
    const expected = Array.from({ length: 23 }, (_, index) => predictionOf(network, index, policy));
    const wrong = expected.filter((prediction, index) => prediction !== dataset.label(index)).length;
    for (const batchSize of [1, 5, 23, 200]) {
      for (const execution of ['masked', 'skipping'] as const) {
        const before = tf.memory().numTensors;
        const seen: number[] = [];
        const result = await evaluate({
          network,
          dataset,
          policy,
          batchSize,
          execution,
          onProgress: (images) => seen.push(images),
        });
        expect(tf.memory().numTensors).toBe(before);
        expect(result.images).toBe(23);
        expect(result.error.predictions).toEqual(expected);
        expect(result.error.top1ErrorPercent).toBeCloseTo((100 * wrong) / 23, 10);
        expect(seen.at(-1)).toBe(23);
        expect(seen).toHaveLength(Math.ceil(23 / batchSize));
      }
    }
  });

  it('prices each image by its gates', async () => {
    const pattern = (blockIndex: number, key: number): boolean[] => [
      (key + blockIndex) % 2 === 0,
      key % 3 === 0,
    ];
    const result = await evaluate({ network, dataset, policy: scripted(pattern), batchSize: 10 });
    const table = flopsTable(countNetwork(architecture, { imageSizePx: 8 }));
    const macs = dataset.size;
    const expected = Array.from({ length: macs }, (_, key) =>
      patternMacs(
        table,
        [0, 1, 2].map((l) => pattern(l, key)),
      ),
    );
    expect(result.cost.perImageMacs).toEqual(expected);
    expect(result.gates.perImageGates.map((gates) => [...gates])).toEqual(
      Array.from({ length: 23 }, (_, key) => [0, 1, 2].flatMap((l) => pattern(l, key).map(Number))),
    );
    const mean = expected.reduce((sum, one) => sum + one, 0) / 23;
    expect(result.cost.meanMacs).toBeCloseTo(mean, 6);
    expect(result.cost.macsRatio).toBeCloseTo(
      mean / countUndivided(architecture, { imageSizePx: 8 }).macs,
      12,
    );
    // keys 0 … 22: 12 even, 11 odd; 8 divisible by 3
    expect(result.gates.executionRates).toEqual([
      [12 / 23, 8 / 23],
      [11 / 23, 8 / 23],
      [12 / 23, 8 / 23],
    ]);
    // (12 + 8 + 11 + 8 + 12 + 8) / (6 · 23)
    expect(result.gates.executionRate).toBeCloseTo(59 / 138, 12);
    expect(result.timing.msPerImage).toBeGreaterThan(0);
  });

  it('takes a network without gates at its full cost', async () => {
    const still = createNetwork(createArchitecture('cifar-resnet8-0.25', { classes: 4, imageSizePx: 8 }), {
      seed: 1,
    });
    const result = await evaluate({ network: still, dataset });
    expect(result).toMatchObject({
      cost: { macsRatio: 1 },
      gates: { executionRates: [], executionRate: null },
    });
    expect(new Set(result.cost.perImageMacs).size).toBe(1);
    still.dispose();
  });

  it('has the loss of logits that are all alike', async () => {
    const flat = createNetwork(architecture, { seed: 1 });
    for (const name of ['head.linear.weight', 'head.linear.bias']) {
      const variable = flat.variables.get(name)!;
      variable.assign(tf.zerosLike(variable));
    }
    const { error } = await evaluate({ network: flat, dataset, batchSize: 7 });
    expect(error.classificationLoss).toBeCloseTo(Math.log(4), 6);
    flat.dispose();
  });

  it('does not take NaN for a prediction', async () => {
    const broken = createNetwork(architecture, { seed: 1 });
    const variable = broken.variables.get('head.linear.bias')!;
    variable.assign(tf.fill(variable.shape, NaN));
    await expect(evaluate({ network: broken, dataset, batchSize: 10 })).rejects.toMatchObject({
      code: 'DMNN_NAN',
      details: { firstImage: 0 },
      message: expect.stringMatching(/images 0 to 9: expected finite logits/),
    });
    broken.dispose();
  });

  it('stops between two batches when it is aborted', async () => {
    const controller = new AbortController();
    const run = evaluate({
      network,
      dataset,
      batchSize: 5,
      signal: controller.signal,
      onProgress: (images) => {
        if (images === 10) controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
  });

  it('rejects data of other classes, and none', async () => {
    await expect(evaluate({ network, dataset: { ...dataset, classes: 5 } })).rejects.toThrow(
      /expected 4 classes/,
    );
    await expect(evaluate({ network, dataset: { ...dataset, size: 0 } })).rejects.toThrow(
      /at least one image/,
    );
  });
});

describe('compareExecutions', () => {
  it('finds both executions equal', async () => {
    const before = tf.memory().numTensors;
    const comparison = await compareExecutions({ network, dataset, batchSize: 8 });
    expect(tf.memory().numTensors).toBe(before);
    expect(comparison).toMatchObject({
      images: 23,
      gates: 23 * 6,
      decidedDifferences: 0,
      consequentDifferences: 0,
      predictionDifferences: 0,
    });
    expect(comparison.largestLogitDifference).toBeLessThan(1e-4);
    expect(comparison.imagesOfEqualGates + comparison.undecidedDifferences).toBeGreaterThanOrEqual(23);
  });

  it('counts gates whose logits are as near as the tolerance', async () => {
    // log(0.9 / 0.1) = 2.2 apart, give or take what the small weights of an untrained controller add
    const open = createNetwork(architecture, { seed: 5, openingRate: 0.9 });
    const undecided = async (tolerance: number): Promise<number> =>
      (await compareExecutions({ network: open, dataset, tolerance })).undecidedGates;
    expect([await undecided(1.5), await undecided(3)]).toEqual([0, 138]);
    open.dispose();
  });

  it('finds gates and predictions that differ', async () => {
    // a policy that answers otherwise the second time it is asked for a batch, in block 1 only
    let asked = 0;
    const fickle: GatePolicy = (logits, { blockIndex }) => {
      const [images, subBlocks] = [logits.shape[0], logits.shape[1]];
      const open = blockIndex !== 1 || asked++ % 2 === 0;
      return open ? tf.ones([images, subBlocks]) : tf.zeros([images, subBlocks]);
    };
    const comparison = await compareExecutions({ network, dataset, policy: fickle, tolerance: 0 });
    expect(comparison).toMatchObject({
      decidedDifferences: 46,
      consequentDifferences: 0,
      imagesOfEqualGates: 0,
    });

    const everyBlock: GatePolicy = (logits) => {
      const open = asked++ % 6 < 3;
      return tf.fill([logits.shape[0], logits.shape[1]], open ? 1 : 0);
    };
    asked = 0;
    const later = await compareExecutions({ network, dataset, policy: everyBlock, tolerance: 0 });
    expect(later).toMatchObject({ decidedDifferences: 46, consequentDifferences: 92 });
    asked = 0;
    const undecided = await compareExecutions({ network, dataset, policy: everyBlock, tolerance: 1e6 });
    expect(undecided).toMatchObject({
      decidedDifferences: 0,
      undecidedDifferences: 46,
      consequentDifferences: 92,
    });
  });
});
