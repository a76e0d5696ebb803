import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { trainingBatches } from '@dmnn/data';
import { likeliest, scripted } from '@dmnn/gating';
import { type Network, createNetwork } from '@dmnn/network';
import type { Weights } from '@dmnn/weights';
import { type SplitWeightsOptions, splitWeights, subdivide } from '@dmnn/subdivide';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SmallKind, smallNetwork } from '@dmnn/test-networks';
import { wildWeights } from '../fixtures/wild-weights.js';
import { tinyDataset } from '@dmnn/test-kit';
import { calibrateNetwork } from './calibrate-network.js';

const images = tf.randomNormal<tf.Rank.R4>([3, 8, 8, 3], 0, 1, 'float32', 5);

function allOpen(architecture: Architecture): boolean[][] {
  return gatedBlocks(architecture).map(({ block }) => block.subBlocks.map(() => true));
}

function logitsOf(network: Network, statistics: 'moving' | 'batch' = 'moving'): Float32Array {
  return tf.tidy(() => {
    const policy = scripted(allOpen(network.architecture));
    return network.forward(images, { policy, statistics, execution: 'masked' }).logits.dataSync<'float32'>();
  });
}

/** The largest difference between two networks' logits, as a share of the largest logit. */
function relativeDifference(a: Float32Array, b: Float32Array): number {
  const largest = Math.max(...a.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number)))) / largest;
}

async function dividedNetwork(
  from: Architecture,
  to: Architecture,
  weights: Weights,
  division: Pick<SplitWeightsOptions, 'grouping' | 'order'> = {},
): Promise<Network> {
  const network = createNetwork(to, { seed: 3 });
  const split = splitWeights({ from: { architecture: from, weights }, to, ...division });
  network.load(new Map([...(await network.weights()), ...split.weights]));
  return network;
}

const exactKinds: SmallKind[] = ['basic', 'inverted-residual'];

describe('divided weights', () => {
  it('give the undivided network’s logits with all gates open, before and after calibration', async () => {
    const cases = fc.record({
      kind: fc.constantFrom(...exactKinds),
      hidden: fc.integer({ min: 7, max: 13 }),
      subBlocks: fc.integer({ min: 1, max: 5 }),
      extra: fc.option(fc.integer({ min: 0, max: 3 })),
      seed: fc.nat(10_000),
      order: fc.constantFrom('contiguous' as const, 'importance' as const),
      blockBias: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ kind, hidden, subBlocks, extra, seed, order, blockBias }) => {
        const from = smallNetwork(kind, hidden);
        const wider =
          extra === null ? {} : { widths: [Math.min(hidden, Math.ceil(hidden / subBlocks) + extra)] };
        const to = subdivide(from, { subBlocks, blockBias, ...wider });
        const weights = wildWeights(from, seed);
        const undivided = createNetwork(from, { seed: 0, weights });
        const divided = await dividedNetwork(from, to, weights, { order });
        const expected = logitsOf(undivided);
        expect(relativeDifference(expected, logitsOf(divided))).toBeLessThan(1e-5);
        await calibrateNetwork(divided, { dataset: tinyDataset('train', 8), images: 8, seed });
        expect(relativeDifference(expected, logitsOf(divided))).toBeLessThan(1e-5);
        undivided.dispose();
        divided.dispose();
      }),
      { numRuns: 25 },
    );
  });

  it('keep the means of sub-blocks in the bias: closed, they leave what they give on average', async () => {
    const from = smallNetwork('basic', 8);
    const to = subdivide(from, { subBlocks: 2, blockBias: true });
    const weights = wildWeights(from, 4);
    const divided = await dividedNetwork(from, to, weights, { order: 'importance' });
    const dataset = tinyDataset('train', 64);
    await calibrateNetwork(divided, { dataset, images: 64, batchSize: 64, augmentation: 'none', seed: 1 });
    const plain = await dividedNetwork(from, subdivide(from, { subBlocks: 2 }), weights);
    await calibrateNetwork(plain, { dataset, images: 64, batchSize: 64, augmentation: 'none', seed: 1 });
    for (const { path } of gatedBlocks(to)) {
      const numbers = (network: Network, name: string) =>
        network.variables.get(`${path}.${name}`)?.dataSync() ?? [];
      const bias = numbers(divided, 'bias');
      expect(bias.some((value) => Math.abs(value) > 0.01)).toBe(true);
      for (const n of [0, 1])
        expect([...numbers(divided, `subblock${n}.unit1.beta`)].every((b) => b === 0)).toBe(true);
      // the whole shift, which does not depend on which channels are where
      const shifts = [0, 1].map((n) => numbers(plain, `subblock${n}.unit1.beta`));
      bias.forEach((value, c) => {
        expect(value).toBeCloseTo(Number(shifts[0]?.[c]) + Number(shifts[1]?.[c]), 4);
      });
    }
    divided.dispose();
    plain.dispose();
  });

  it('normalise a batch as training will find it, once calibrated', async () => {
    const from = smallNetwork('basic', 8);
    const to = subdivide(from, { subBlocks: 2 });
    const weights = wildWeights(from, 4);
    const divided = await dividedNetwork(from, to, weights);
    const dataset = tinyDataset('train', 64);
    await calibrateNetwork(divided, { dataset, images: 64, batchSize: 64, augmentation: 'none', seed: 1 });
    const policy = scripted(allOpen(to));
    const options = { batchSize: 64, seed: 1, epoch: 0, startStep: 0, augment: 'none' } as const;
    for await (const batch of trainingBatches(dataset, options)) {
      const x = tf.tensor4d(batch.images, batch.shape);
      const measured = await divided.inputStatistics(x, { policy });
      for (const { path } of gatedBlocks(to)) {
        for (const n of [0, 1]) {
          for (const name of ['movingMean', 'movingVariance']) {
            const variable = `${path}.subblock${n}.unit1.${name}`;
            const own = divided.variables.get(variable)?.dataSync() ?? [];
            const wanted = measured.get(variable)?.data as Float32Array;
            own.forEach((value, c) => {
              expect(Math.abs(value - (wanted[c] as number))).toBeLessThan(1e-4 * (1 + Math.abs(value)));
            });
          }
        }
      }
      x.dispose();
    }
    divided.dispose();
  });

  it('of a bottleneck are exact where its channels mix in hidden groups only, whatever their order', async () => {
    const hidden = 12;
    const from = smallNetwork('bottleneck', hidden);
    for (const subBlocks of [2, 3]) {
      const weights = wildWeights(from, subBlocks);
      for (const block of [0, 1]) {
        const filter = weights.get(`stage0.block${block}.subblock0.unit1.weight`)?.data as Float32Array;
        // input a belongs to group 7a mod N, output b to 5b mod N: no run of channels is a group
        for (let i = 0; i < filter.length; i++) {
          const [a, b] = [Math.floor(i / hidden) % hidden, i % hidden];
          if ((7 * a) % subBlocks !== (5 * b) % subBlocks) filter[i] = 0;
        }
      }
      const to = subdivide(from, { subBlocks, widths: 'share' });
      const undivided = createNetwork(from, { seed: 0, weights });
      const divided = await dividedNetwork(from, to, weights);
      expect(relativeDifference(logitsOf(undivided), logitsOf(divided))).toBeLessThan(1e-5);
      undivided.dispose();
      divided.dispose();
    }
  });

  it.each([
    ['of their share', 'share'],
    ['of 60 % of the width', [10]],
  ] as const)('of a bottleneck lose less than runs of channels do, with parts %s', async (_, widths) => {
    const from = smallNetwork('bottleneck', 16);
    const to = subdivide(from, { subBlocks: 2, widths });
    const errors = { closest: 0, contiguous: 0, expectedClosest: 0, expectedContiguous: 0 };
    for (let seed = 0; seed < 8; seed++) {
      const weights = wildWeights(from, seed);
      const undivided = createNetwork(from, { seed: 0, weights });
      for (const grouping of ['closest', 'contiguous'] as const) {
        const divided = await dividedNetwork(from, to, weights, { grouping });
        errors[grouping] += relativeDifference(logitsOf(undivided), logitsOf(divided));
        const { blocks } = splitWeights({ from: { architecture: from, weights }, to, grouping });
        const lost = blocks.reduce((sum, { lostShare }) => sum + lostShare, 0);
        errors[grouping === 'closest' ? 'expectedClosest' : 'expectedContiguous'] += lost;
        divided.dispose();
      }
      undivided.dispose();
    }
    expect(errors.expectedClosest).toBeLessThan(0.8 * errors.expectedContiguous);
    expect(errors.closest).toBeLessThan(0.9 * errors.contiguous);
  });

  it('add nothing by a projection that is new, though it can learn', async () => {
    const from = smallNetwork('inverted-residual', 9);
    const to = subdivide(from, { subBlocks: 3 });
    const divided = await dividedNetwork(from, to, wildWeights(from, 1));
    const gamma = divided.variables.get('stage0.block1.shortcut.gamma') as tf.Variable;
    expect([...gamma.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    const { value, grads } = tf.variableGrads(() => {
      const pass = divided.forward(images, { policy: likeliest, statistics: 'batch', execution: 'masked' });
      return tf.sum(tf.square(pass.logits));
    }, [gamma]);
    expect(Math.max(...(grads[gamma.name]?.dataSync() ?? []).map(Math.abs))).toBeGreaterThan(1e-3);
    tf.dispose([value, grads]);
    divided.dispose();
  });
});
