import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNetwork } from './create-network.js';
import { tinyDynamic } from '@dmnn/test-networks';
import type { Network } from './network.js';
import { type WeightTensor, WeightsError, readSafetensors, writeSafetensors } from '@dmnn/weights';

const first = (weights: ReadonlyMap<string, WeightTensor>) => weights.get('stem.unit0.weight')!.data[0];

describe('Network.weights and Network.load', () => {
  it('carry a network over, through a file', async () => {
    const source = createNetwork(tinyDynamic(), { seed: 1 });
    const bytes = writeSafetensors(await source.weights());
    const target = createNetwork(tinyDynamic(), { seed: 2 });
    target.load(readSafetensors(bytes));
    expect(writeSafetensors(await target.weights())).toEqual(bytes);
    const third = createNetwork(tinyDynamic(), { seed: 3, weights: readSafetensors(bytes) });
    expect(writeSafetensors(await third.weights())).toEqual(bytes);
  });

  it('keep the order of the variables', async () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    expect([...(await network.weights()).keys()]).toEqual([...network.variables.keys()]);
  });

  it('share no memory with the network', async () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    const weights = await network.weights();
    network.load(weights);
    const before = first(await network.weights());
    for (const { data } of weights.values()) data.fill(9);
    expect(first(await network.weights())).toBe(before);
  });

  it('are of one moment, even if someone trains meanwhile', async () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    const last = network.variables.get('head.linear.bias')!;
    const before = [...last.dataSync()];
    const pending = network.weights();
    last.assign(tf.zeros(last.shape));
    expect([...(await pending).get('head.linear.bias')!.data]).toEqual(before);
  });

  it('leave no tensor behind', async () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    const before = tf.memory().numTensors;
    network.load(await network.weights());
    expect(tf.memory().numTensors).toBe(before);
  });

  it('list every difference at once, and change nothing', async () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    const weights = new Map<string, WeightTensor>(await network.weights());
    weights.delete('head.linear.bias');
    weights.set('stem.unit0.weight', { dtype: 'F32', shape: [3, 3, 4, 3], data: new Float32Array(108) });
    weights.set('stem.unit0.gamma', { dtype: 'I32', shape: [4], data: new Int32Array(4) });
    weights.set('stem.unit0.beta', { dtype: 'F32', shape: [4], data: new Float32Array(3) });
    weights.set('stem.unit0.movingMean', { dtype: 'F32', shape: [4], data: Float32Array.of(0, NaN, 0, 0) });
    weights.set('fc.bias', { dtype: 'F32', shape: [], data: Float32Array.of(0) });
    const before = first(await network.weights());
    let error: unknown;
    try {
      network.load(weights);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as WeightsError).code).toBe('DMNN_WEIGHTS');
    expect((error as WeightsError).problems).toEqual([
      'stem.unit0.weight: expected F32 [3, 3, 3, 4], got F32 [3, 3, 4, 3]',
      'stem.unit0.gamma: expected F32 [4], got I32 [4]',
      'stem.unit0.beta: expected 4 numbers, got 3',
      'stem.unit0.movingMean: expected finite numbers, got NaN at index 1',
      'head.linear.bias: expected F32 [5], got nothing',
      'fc.bias: unexpected, got F32 []',
    ]);
    expect(first(await network.weights())).toBe(before);
  });

  it('make no tensor for weights that do not fit', () => {
    const before = tf.memory().numTensors;
    expect(() => createNetwork(tinyDynamic(), { seed: 1, weights: new Map() })).toThrow(WeightsError);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('Network.setOpeningRate', () => {
  const decides = (name: string): boolean => name.endsWith('.controller.decide.bias');

  it('makes gates those of a network that was created with the rate, and changes nothing else', async () => {
    const [network, other] = [0.7, [0.99, 0.2]].map((openingRate) =>
      createNetwork(tinyDynamic(), { seed: 1, openingRate }),
    ) as [Network, Network];
    network.variables
      .get('stem.unit0.beta')!
      .assign(tf.fill(network.variables.get('stem.unit0.beta')!.shape, 3));
    const before = await network.weights();
    const tensors = tf.memory().numTensors;
    network.setOpeningRate([0.99, 0.2]);
    expect(tf.memory().numTensors).toBe(tensors);
    const [after, wanted] = [await network.weights(), await other.weights()];
    expect([...after.keys()].filter(decides)).toHaveLength(2);
    for (const [name, { data }] of after)
      expect(data, name).toEqual((decides(name) ? wanted : before).get(name)!.data);
  });

  it('takes rates for each block, and changes nothing if they are none of its', async () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    network.setOpeningRate([
      [0.5, 0.5],
      [0.99, 0.5],
    ]);
    const before = await network.weights();
    const [first, second] = [...before].filter(([name]) => decides(name)).map(([, { data }]) => data);
    expect([...first!].every((bias) => bias === 0)).toBe(true);
    // log(0.99 / 0.01) / 2
    expect(second![1]).toBeCloseTo(2.29756, 5);
    for (const wrong of [[0.5], [[0.5, 0.5]], [0.5, 1], 0])
      expect(() => {
        network.setOpeningRate(wrong);
      }).toThrow(RangeError);
    expect(await network.weights()).toEqual(before);
  });
});
