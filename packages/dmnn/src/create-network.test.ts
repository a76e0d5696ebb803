import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNetwork } from './create-network.js';
import { likeliest } from '@dmnn/gating';

describe('createNetwork', () => {
  it('makes the network of the architecture with its options', async () => {
    const before = tf.memory().numTensors;
    const network = await createNetwork('cifar-resnet8-0.25', { subBlocks: 3, classes: 7, seed: 1 });
    expect(network.architecture).toMatchObject({
      name: 'dmnn-cifar-resnet8-0.25-n3',
      head: { classes: 7 },
    });
    const images = tf.zeros<tf.Rank.R4>([2, 32, 32, 3]);
    const pass = network.forward(images, { policy: likeliest, statistics: 'moving', execution: 'masked' });
    expect(pass.logits.shape).toEqual([2, 7]);
    expect(pass.gates.map(({ shape }) => shape)).toEqual([[2, 3], [2, 3], [2, 3]]); // prettier-ignore
    network.dispose();
    images.dispose();
    tf.dispose(pass);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes a seed, an opening rate and weights', async () => {
    const first = await createNetwork('dmnn-cifar-resnet8-0.25-n2', { seed: 1, openingRate: 0.5 });
    const other = await createNetwork('dmnn-cifar-resnet8-0.25-n2', { seed: 2, openingRate: 0.5 });
    const name = 'stem.unit0.weight';
    const bias = 'stage0.block0.controller.decide.bias';
    const [a, b] = [await first.weights(), await other.weights()];
    expect(a.get(name)?.data).not.toEqual(b.get(name)?.data);
    expect([...(a.get(bias)?.data ?? [])].map((value) => Math.abs(value))).toEqual([0, 0, 0, 0]); // one half open: off and on are equal
    const copy = await createNetwork('dmnn-cifar-resnet8-0.25-n2', { seed: 3, weights: a });
    expect((await copy.weights()).get(name)?.data).toEqual(a.get(name)?.data);
    for (const network of [first, other, copy]) network.dispose();
  });

  it('names the model that was meant', async () => {
    await expect(createNetwork('resnet51', { seed: 1 })).rejects.toThrow(/resnet50/);
  });
});
