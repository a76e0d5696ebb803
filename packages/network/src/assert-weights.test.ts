import { describe, expect, it } from 'vitest';
import { WeightsError, assertWeights } from '@dmnn/weights';
import { createNetwork } from './create-network.js';
import { tinyDynamic } from '@dmnn/test-networks';

describe('assertWeights', () => {
  it('takes a network’s own weights, and lists every difference of others', async () => {
    const architecture = tinyDynamic();
    const network = createNetwork(architecture, { seed: 1 });
    const weights = new Map(await network.weights());
    network.dispose();
    expect(() => {
      assertWeights(architecture, weights);
    }).not.toThrow();

    weights.delete('stem.unit0.weight');
    weights.set('another', { dtype: 'U8', shape: [1], data: new Uint8Array(1) });
    weights.get('head.linear.bias')!.data[0] = NaN;
    let caught: unknown;
    try {
      assertWeights(architecture, weights);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(WeightsError);
    expect((caught as WeightsError).problems).toEqual([
      expect.stringMatching(/^stem.unit0.weight: expected F32 .*, got nothing$/),
      'head.linear.bias: expected finite numbers, got NaN at index 0',
      'another: unexpected, got U8 [1]',
    ]);
  });
});
