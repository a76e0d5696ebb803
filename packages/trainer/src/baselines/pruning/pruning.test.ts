import { readFileSync } from 'node:fs';
import { type Architecture, placedBlocks } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import type { Batch } from '@dmnn/data';
import { countNetwork } from '@dmnn/flops';
import { likeliest } from '@dmnn/gating';
import { Network, createNetwork } from '@dmnn/network';
import type { WeightTensor, Weights } from '@dmnn/weights';
import { maxAbsoluteDifference, maxRelativeDifference, tinyDataset } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { channelGroups } from './channel-groups.js';
import type { PruneRound } from '../../begin/prune-round.js';
import { prune } from './prune.js';
import { removeChannels } from './remove-channels.js';
import { lowestChannels } from './select-channels.js';
import { taylorScores } from './taylor-scores.js';

interface Oracle {
  readonly architecture: Architecture;
  readonly weights: Readonly<Record<string, { readonly shape: number[]; readonly data: number[] }>>;
  readonly images: number[];
  readonly labels: number[];
  readonly activation: Readonly<Record<string, number[]>>;
  readonly gate: Readonly<Record<string, number[]>>;
}

const oracle = JSON.parse(
  readFileSync(new URL('fixtures/taylor-scores.json', import.meta.url), 'utf8'),
) as Oracle;

function weightsOf(of: Oracle): Weights {
  return new Map(
    Object.entries(of.weights).map(([name, { shape, data }]): [string, WeightTensor] => [
      name,
      { dtype: 'F32', shape, data: Float32Array.from(data) },
    ]),
  );
}

function batchesOf({ images, labels }: Oracle, size: number): Batch[] {
  const pixels = images.length / labels.length;
  return Array.from({ length: labels.length / size }, (_, i) => ({
    images: Float32Array.from(images.slice(i * size * pixels, (i + 1) * size * pixels)),
    shape: [size, 6, 6, 3],
    labels: Int32Array.from(labels.slice(i * size, (i + 1) * size)),
    categories: new Int32Array(size),
    sampleKeys: Array.from({ length: size }, (__, b) => i * size + b),
    epoch: 0,
    step: i,
  }));
}

describe('taylorScores', () => {
  it('lets a signal come and stop it between two images', async () => {
    const network = createNetwork(oracle.architecture, { seed: 0 });
    const controller = new AbortController();
    const images = batchesOf(oracle, 6);
    setImmediate(() => {
      controller.abort(); // as a signal's listener is called
    });
    await expect(taylorScores(network, images, 'activation', controller.signal)).rejects.toMatchObject({
      name: 'AbortError',
    });
    network.dispose();
  });

  it.each([
    ['activation', 6],
    ['activation', 2],
    ['gate', 3],
  ] as const)('are PyTorch’s, found by hooks: %s, batches of %i', async (criterion, size) => {
    const network = createNetwork(oracle.architecture, { seed: 0, weights: weightsOf(oracle) });
    const before = tf.memory().numTensors;
    const scores = await taylorScores(network, batchesOf(oracle, size), criterion);
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
    expect([...scores.keys()]).toEqual(Object.keys(oracle[criterion]));
    for (const [path, own] of scores)
      expect(maxRelativeDifference(own, oracle[criterion][path]!)).toBeLessThan(1e-4);
  });

  it('need images, and channels that can be removed', async () => {
    const network = createNetwork(oracle.architecture, { seed: 0 });
    await expect(taylorScores(network, [], 'gate')).rejects.toThrow(
      'batches: expected at least one image, got none.',
    );
    network.dispose();
    const grouped = createNetwork(createArchitecture('resnext50-32x4d', { imageSizePx: 32, classes: 3 }), {
      seed: 0,
    });
    await expect(taylorScores(grouped, [], 'gate')).rejects.toThrow(
      /expected channels inside blocks that can be removed/,
    );
    grouped.dispose();
  });
});

describe('channelGroups', () => {
  it('are all that stay inside a block', () => {
    const groups = channelGroups(createArchitecture('resnet50'));
    expect(groups.map(({ channels }) => channels).reduce((sum, one) => sum + one)).toBe(2 * (3 * 64 + 4 * 128 + 6 * 256 + 3 * 512)); // prettier-ignore
    // MobileNetV2: an expansion's channels, each filtered alone; its first block has none
    const mobile = channelGroups(createArchitecture('mobilenetv2'));
    expect(mobile).toHaveLength(16);
    expect(mobile[0]).toEqual({
      path: 'stage0.block1.subblock0.unit0',
      depthwise: ['stage0.block1.subblock0.unit1'],
      consumer: 'stage0.block1.subblock0.unit2',
      channels: 96,
    });
  });
});

/** A network with some channels dead: no scale, and a shift that no activation lets through. */
async function withDeadChannels(name: string): Promise<{ network: Network; dead: Map<string, number[]> }> {
  const network = createNetwork(createArchitecture(name, { classes: 4, imageSizePx: 8 }), { seed: 3 });
  const dead = new Map<string, number[]>();
  const weights = new Map(await network.weights());
  for (const [i, { path, depthwise, channels }] of channelGroups(network.architecture).entries()) {
    const places = Array.from({ length: channels }, (_, channel) => channel).filter((one) => (one + i) % 3 === 0).slice(0, channels - 1); // prettier-ignore
    if (places.length === 0) continue;
    dead.set(path, places);
    const unit = depthwise.at(-1) ?? path;
    for (const [key, value] of [
      ['gamma', 0],
      ['beta', -0.5],
    ] as const) {
      const { shape, data } = weights.get(`${unit}.${key}`)!;
      const changed = Float32Array.from(data, (one, channel) => (places.includes(channel) ? value : one + 0.1)); // prettier-ignore
      weights.set(`${unit}.${key}`, { dtype: 'F32', shape, data: changed });
    }
  }
  network.load(weights);
  return { network, dead };
}

function logitsOf(network: Network, statistics: 'batch' | 'moving'): number[] {
  return tf.tidy(() => {
    const images = tf.randomNormal<tf.Rank.R4>([3, 8, 8, 3], 0, 1, 'float32', 5);
    return [
      ...network.forward(images, { policy: likeliest, statistics, execution: 'masked' }).logits.dataSync(),
    ];
  });
}

describe('removeChannels', () => {
  it.each(['cifar-resnet8-0.5', 'mobilenetv2-0.25', 'cifar-resnet50-0.125'])(
    'without channels that are always zero, %s says what it said',
    async (name) => {
      const { network, dead } = await withDeadChannels(name);
      const { architecture } = network;
      const removed = removeChannels({ architecture, weights: await network.weights() }, dead, 'less');
      const less = createNetwork(removed.architecture, { seed: 0, weights: removed.weights });
      for (const statistics of ['moving', 'batch'] as const) {
        expect(maxAbsoluteDifference(logitsOf(less, statistics), logitsOf(network, statistics))).toBeLessThan(
          1e-4,
        );
      }
      expect(removed.architecture.name).toBe('less');
      const gone = [...dead.values()].reduce((sum, { length }) => sum + length, 0);
      const channels = (of: Architecture): number =>
        channelGroups(of).reduce((sum, one) => sum + one.channels, 0);
      expect(channels(architecture) - channels(removed.architecture)).toBe(gone);
      network.dispose();
      less.dispose();
    },
  );

  it('saves what a channel costs: its filter, its batch norm, and its place in the next filter', async () => {
    const architecture = createArchitecture('cifar-resnet8'); // stage 1: 16 → 32 → 32 channels, 16 pixels a side
    const network = createNetwork(architecture, { seed: 1 });
    const removed = removeChannels(
      { architecture, weights: await network.weights() },
      new Map([['stage1.block0.subblock0.unit0', [5, 9]]]),
      'less',
    );
    network.dispose();
    const [before, after] = [countNetwork(architecture), countNetwork(removed.architecture)];
    expect(before.macs - after.macs).toBe(2 * (9 * 16 + 9 * 32) * 16 ** 2);
    expect(before.parameters - after.parameters).toBe(2 * (9 * 16 + 2 + 9 * 32));
  });

  it.each([
    [[['stem.unit0', [0]]], /expected paths of channel groups, got stem.unit0/],
    [[['stage0.block0.subblock0.unit0', [3]]], /expected channels from 0 to 2 of/],
    [[['stage0.block0.subblock0.unit0', [0, 1, 2]]], /expected to leave a channel/],
  ] as const)('refuses %j', (entries, message) => {
    const network = { architecture: oracle.architecture, weights: weightsOf(oracle) };
    expect(() => removeChannels(network, new Map(entries as never), 'less')).toThrow(message);
  });
});

describe('lowestChannels', () => {
  it('are the lowest of the whole network, one left in every group', () => {
    const scores = new Map([
      ['stage0.block0.subblock0.unit0', [0.3, 0.1, 0.2]],
      ['stage0.block0.subblock0.unit1', [0.01, 0.02, 0.03]],
      ['stage1.block0.subblock0.unit0', [0.15, 0.5, 0.5, 0.5, 0.5]],
    ]);
    const all = lowestChannels(oracle.architecture, scores, 4);
    expect(all.map(({ path, channel }) => `${path.slice(5, 6)}${path.slice(-1)}:${channel}`)).toEqual(['01:0', '01:1', '00:1', '10:0']); // prettier-ignore
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (count) => {
        const removed = lowestChannels(oracle.architecture, scores, count);
        expect(removed).toHaveLength(Math.min(count, 2 + 2 + 4));
        expect(removed.slice(0, 4)).toEqual(all.slice(0, count));
      }),
    );
  });
});

describe('prune', () => {
  const dataset = tinyDataset('train', 16);
  const settings = {
    macsRatio: 0.7,
    channelsPerRound: 5,
    stepsPerRound: 2,
    batchSize: 4,
    learningRate: 0.01,
  };

  it('ends just below the wanted cost, with counts that are those of what it gives', async () => {
    const architecture = createArchitecture('cifar-resnet8-0.5', { classes: 4, imageSizePx: 8 });
    const network = createNetwork(architecture, { seed: 1 });
    const weights = await network.weights();
    network.dispose();
    const before = tf.memory().numTensors;
    const seen: PruneRound[] = [];
    const run = () =>
      prune({ network: { architecture, weights }, dataset, settings, onRound: (one) => seen.push(one) });
    const pruned = await run();
    expect(tf.memory().numTensors).toBe(before);
    expect(pruned.rounds).toEqual(seen);
    const last = pruned.rounds.at(-1)!;
    const count = countNetwork(pruned.architecture, { imageSizePx: 8 });
    expect([last.macs, last.parameters]).toEqual([count.macs, count.parameters]);
    // the last channel of the widest group costs 9 · (16 + 16) · 16 pixels of 0.9 M or so: below 4 %
    expect(last.macsRatio).toBeLessThanOrEqual(0.7);
    expect(last.macsRatio).toBeGreaterThan(0.64);
    expect(pruned.rounds.slice(0, -1).every(({ removed, round }) => removed === 5 * round)).toBe(true);
    expect(placedBlocks(pruned.architecture).map(({ block }) => block.shortcut)).toEqual(placedBlocks(architecture).map(({ block }) => block.shortcut)); // prettier-ignore
    expect(pruned.architecture.undivided).toEqual(architecture);
    expect((await run()).weights).toEqual(pruned.weights); // the same bits again
  });

  it.each([
    [{ macsRatio: 1 }, 'macsRatio: expected a share above 0 and below 1, got 1.'],
    [{ macsRatio: 0.01, stepsPerRound: 0, channelsPerRound: 100 }, /macsRatio: expected what can be reached/],
    [{ batchSize: 17 }, 'batchSize: expected at most the 16 training images, got 17.'],
    [{ channelsPerRound: 0 }, 'channelsPerRound: expected a whole number from 1, got 0.'],
    // one step: the weights are huge, the gradients of the scores overflow
    [
      { stepsPerRound: 1, learningRate: 1e30 },
      /expected a finite number, got NaN or infinity.*Lower the rate of pruning: pruning\.learningRate \(now 1e\+30\)\./,
    ],
    [{ stepsPerRound: 3, learningRate: 1e30 }, /Lower the rate of pruning: pruning\.learningRate/],
  ])('refuses %o', async (changes, message) => {
    const architecture = createArchitecture('cifar-resnet8-0.25', { classes: 4, imageSizePx: 8 });
    const network = createNetwork(architecture, { seed: 1 });
    const weights = await network.weights();
    network.dispose();
    const pruning = prune({
      network: { architecture, weights },
      dataset,
      settings: { ...settings, ...changes },
    });
    await expect(pruning).rejects.toThrow(message);
  });

  it('reports why a round failed, not why its network cannot be freed', async () => {
    const architecture = createArchitecture('cifar-resnet8-0.25', { classes: 4, imageSizePx: 8 });
    const network = createNetwork(architecture, { seed: 1 });
    const weights = await network.weights();
    network.dispose();
    const dispose = vi.spyOn(Network.prototype, 'dispose').mockImplementation(() => {
      throw new Error('memory access out of bounds');
    });
    vi.spyOn(Network.prototype, 'forward').mockImplementation(() => {
      throw new Error('no room for the pass');
    });
    const pruning = prune({ network: { architecture, weights }, dataset, settings });
    await expect(pruning).rejects.toThrow('no room for the pass');
    expect(dispose).toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
