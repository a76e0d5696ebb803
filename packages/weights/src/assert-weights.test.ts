import { describe, expect, it } from 'vitest';
import { tinyDynamic } from '@dmnn/test-networks';
import { assertWeights } from './assert-weights.js';
import { initialWeights } from './initial-weights.js';
import { WeightsError } from './weights-error.js';
import type { WeightTensor } from './weights.js';

describe('assertWeights', () => {
  it('accepts a network’s own weights, and lists every difference otherwise', () => {
    const architecture = tinyDynamic();
    const weights = new Map<string, WeightTensor>(initialWeights(architecture, { seed: 1 }));
    expect(() => {
      assertWeights({ architecture, weights });
    }).not.toThrow();

    weights.delete('stem.unit0.weight');
    weights.set('another', { dtype: 'U8', shape: [1], data: new Uint8Array(1) });
    weights.get('head.linear.bias')!.data[0] = NaN;
    let caught: unknown;
    try {
      assertWeights({ architecture, weights });
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
