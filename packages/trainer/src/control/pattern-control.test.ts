import '@tensorflow/tfjs';
import { gatedBlocks } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, flopsTable, macCosts, meanCost, patternMacs } from '@dmnn/flops';
import { likeliest, scripted } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { tinyDataset } from '@dmnn/test-kit';
import { anyTiny } from '@dmnn/test-networks';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.js';
import { closingOrder } from './closing-order.js';
import { normsUnder } from './norms-under.js';
import { patternControls } from './pattern-control.js';
import { taylorOrder } from './taylor-order.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });
const network = createNetwork(architecture, { seed: 5, openingRate: 0.5 });
const [training, choosing, test] = [
  tinyDataset('train', 16),
  tinyDataset('train', 12),
  tinyDataset('test', 12),
];
const table = flopsTable(countNetwork(architecture, { imageSizePx: 8 }));
const costs = macCosts(table);

afterAll(() => {
  network.dispose();
});

describe('patternControls', () => {
  it('compares constant gates with themselves: no image differs', async () => {
    const pattern = costs.subBlockCosts.map((row) => row.map(() => true)); // of which all orders agree
    const constant = createNetwork(architecture, {
      seed: 5,
      weights: await normsUnder(pattern, training, { network }), // which estimating again leaves as they are
    });
    const policy = scripted(pattern);
    const own = await evaluate({ network: constant, dataset: test, policy });
    const { meanMacs } = own.cost;
    const [control] = await patternControls({
      ...{ network: constant, choosing, test, training },
      gates: [{ policy, meanMacs }],
    });
    constant.dispose();
    expect(control).toMatchObject({ order: 'most-often-open', norms: 'trained', meanMacs });
    expect(control?.patterns).toEqual([{ pattern, share: 1 }]);
    expect([...control!.wrong]).toEqual(
      own.error.predictions.map((predicted, row) => Number(predicted !== test.label(row))),
    );
  });

  it('is never worse than constant gates on the images chosen on', async () => {
    const pattern = [
      [true, false],
      [false, true],
      [true, true],
    ];
    const policy = scripted(pattern);
    const own = await evaluate({ network, dataset: test, policy });
    const [control] = await patternControls({
      ...{ network, choosing: test, test, training },
      gates: [{ policy, meanMacs: own.cost.meanMacs }],
    });
    expect(control!.top1ErrorPercent).toBeLessThanOrEqual(own.error.top1ErrorPercent);
    const [same] = control!.tried;
    expect(same).toEqual({
      ...{ order: 'most-often-open', norms: 'trained' },
      top1ErrorPercent: own.error.top1ErrorPercent,
    });
  });

  it('costs what the gates cost, or less, and leaves the network as it was', async () => {
    const before = await network.weights();
    const { cost } = await evaluate({ network, dataset: test });
    const lower = { policy: scripted(() => [true, false]), meanMacs: 0 };
    const gates = [
      { policy: likeliest, meanMacs: cost.meanMacs },
      {
        ...lower,
        meanMacs: patternMacs(
          table,
          Array.from({ length: 3 }, () => [1, 0]),
        ),
      },
    ];
    const controls = await patternControls({ network, gates, choosing, test, training, batchSize: 5 });
    for (const [at, control] of controls.entries()) {
      const { meanMacs, patterns, wrong, top1ErrorPercent } = control;
      expect(meanMacs).toBeLessThanOrEqual(gates[at]!.meanMacs * (1 + 1e-9));
      if (patterns.length > 1) expect(meanMacs).toBeCloseTo(gates[at]!.meanMacs, 3);
      expect(patterns.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
      expect(meanMacs).toBeCloseTo(
        patterns.reduce((sum, { pattern, share }) => sum + share * meanCost(costs, pattern), 0),
        6,
      );
      expect((100 * wrong.reduce((sum, each) => sum + each, 0)) / wrong.length).toBeCloseTo(
        top1ErrorPercent,
        9,
      );
      // the best of all that was tried is what is measured
      const chosen = control.tried.find(
        ({ order, norms }) => order === control.order && norms === control.norms,
      );
      expect(chosen!.top1ErrorPercent).toBe(Math.min(...control.tried.map((each) => each.top1ErrorPercent)));
      expect(control.tried).toHaveLength(6);
    }
    expect(await network.weights()).toEqual(before);
  });

  it('refuses a network without gates', async () => {
    const plain = createNetwork(createArchitecture('cifar-resnet8-0.25', { classes: 4, imageSizePx: 8 }), {
      seed: 1,
    });
    await expect(
      patternControls({
        ...{ network: plain, choosing, test, training },
        gates: [{ policy: likeliest, meanMacs: 1 }],
      }),
    ).rejects.toThrow('network: expected one with gates, got cifar-resnet8-0.25');
    plain.dispose();
  });
});

describe('closingOrder', () => {
  it('closes first what is missed least, of all single ones', async () => {
    const losses: number[] = [];
    for (let at = 0; at < 6; at++) {
      const pattern = [0, 1, 2].map((l) => [0, 1].map((n) => 2 * l + n !== at));
      const { error } = await evaluate({ network, dataset: choosing, policy: scripted(pattern) });
      losses.push(error.classificationLoss);
    }
    const closed: number[] = [];
    const scores = await closingOrder({
      ...{ network, dataset: choosing, costs },
      downTo: costs.alwaysCost,
      onClosed: (_, loss) => void closed.push(loss),
    });
    expect([...scores.flat()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(scores.flat().indexOf(0)).toBe(losses.indexOf(Math.min(...losses)));
    expect(closed[0]).toBe(Math.min(...losses));
  });

  it('stops as soon as the cost is met', async () => {
    const one = Math.min(...costs.subBlockCosts.flat());
    const downTo =
      meanCost(
        costs,
        costs.subBlockCosts.map((row) => row.map(() => true)),
      ) - one;
    const scores = await closingOrder({ network, dataset: choosing, costs, downTo });
    expect(scores.flat().filter((score) => score !== Infinity)).toHaveLength(1);
  });
});

describe('taylorOrder', () => {
  it('is the mean of what each image loses to first order, whatever the batches', async () => {
    const whole = await taylorOrder(choosing, { network, batchSize: 12 });
    const one = await taylorOrder(choosing, { network, batchSize: 1 });
    for (const [at, score] of whole.flat().entries()) expect(one.flat()[at]).toBeCloseTo(score, 4);
    // by differences, of the first image: gates a little smaller
    const first = { ...choosing, size: 1 };
    const scores = await taylorOrder(first, { network });
    const lossAt = async (scale: number, l: number, n: number): Promise<number> => {
      const { error } = await evaluate({
        network,
        dataset: first,
        execution: 'masked',
        policy: (_, { blockIndex }) =>
          tf.tensor2d([[0, 1].map((k) => (blockIndex === l && k === n ? scale : 1))], [1, 2]),
      });
      return error.classificationLoss;
    };
    for (const [l, n] of [
      [0, 0],
      [1, 1],
      [2, 0],
    ] as const) {
      const slope = ((await lossAt(1.002, l, n)) - (await lossAt(0.998, l, n))) / 0.004;
      expect(scores[l]![n]).toBeCloseTo(Math.abs(slope), 2);
    }
  });
});

describe('normsUnder', () => {
  it('gives the statistics of the batch under the pattern, and nothing of the old ones', async () => {
    const pattern = [
      [true, false],
      [true, true],
      [false, true],
    ];
    const found = await normsUnder(pattern, training, { network }); // one batch
    const before = await network.weights();
    const changed = createNetwork(architecture, {
      seed: 5,
      weights: new Map(
        [...before].map(([name, tensor]) => [
          name,
          name.includes('moving') ? { ...tensor, data: tensor.data.map((each) => 3 + each) } : tensor,
        ]),
      ),
    });
    const other = await normsUnder(pattern, training, { network: changed });
    for (const [name, { data }] of found) {
      if (!name.includes('moving')) {
        expect(data).toEqual(before.get(name)?.data);
        continue;
      }
      for (const [at, each] of data.entries()) expect(other.get(name)!.data[at]).toBeCloseTo(Number(each), 5);
    }
    // with the network's own statistics in place, batch norm does to the batch what it does in training
    changed.load(found);
    const again = await changed.inputStatistics(tf.tensor4d(pixelsOf(), [16, 8, 8, 3]), {
      policy: scripted(pattern),
    });
    for (const [name, { data }] of again) {
      for (const [at, each] of data.entries()) {
        const difference = Math.abs(Number(found.get(name)!.data[at]) - each);
        expect(difference).toBeLessThan(0.01 + 0.01 * Math.abs(each));
      }
    }
    changed.dispose();
  });
});

/** The tiny training images, normalised. */
function pixelsOf(): Float32Array {
  const { channelMeans, channelDeviations } = training;
  return Float32Array.from(
    Array.from({ length: 16 }, (_, index) => [...training.pixels(index)]).flat(),
    (value, at) => (value / 255 - channelMeans[at % 3]!) / channelDeviations[at % 3]!,
  );
}

describe('for networks of all kinds', () => {
  it('finds controls that cost no more, and changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyTiny.filter((tiny) => gatedBlocks(tiny).length > 0),
        async (tiny) => {
          const { classes } = tiny.head;
          const sized = { imageSizePx: 8, classes, label: (index: number) => index % classes };
          const [own, other] = [
            { ...tinyDataset('test', 6), ...sized },
            { ...tinyDataset('train', 6), ...sized },
          ];
          const any = createNetwork(tiny, { seed: 3, openingRate: 0.5 });
          try {
            const before = await any.weights();
            const { cost } = await evaluate({ network: any, dataset: own });
            const [control] = await patternControls({
              ...{ network: any, choosing: other, test: own, training: other },
              gates: [{ policy: likeliest, meanMacs: cost.meanMacs }],
            });
            expect(control!.meanMacs).toBeLessThanOrEqual(cost.meanMacs * (1 + 1e-9));
            expect(control!.wrong).toHaveLength(6);
            expect(await any.weights()).toEqual(before);
          } finally {
            any.dispose();
          }
        },
      ),
      { numRuns: 8 },
    );
  });
});
