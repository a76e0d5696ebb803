import { convUnit } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { WeightReader } from '../weight-reader.js';
import type { Float32Tensor } from '../weights.js';
import { foldedUnit } from './folded-unit.js';

const vector = (...values: number[]): Float32Tensor => ({
  dtype: 'F32',
  shape: [values.length],
  data: Float32Array.from(values),
});

describe('foldedUnit', () => {
  it('folds batch norm and bias, and turns [k, k, in, out] into [out, in, k, k]', () => {
    const weights = new Map<string, Float32Tensor>([
      ['u.weight', { dtype: 'F32', shape: [1, 1, 2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ['u.bias', vector(1, 1)],
      ['u.gamma', vector(2, 3)],
      ['u.beta', vector(0.5, -1)],
      ['u.movingMean', vector(4, 0)],
      ['u.movingVariance', vector(4 - 1e-5, 1 - 1e-5)],
    ]);
    const unit = convUnit(1, 2, 2, { bias: true });
    const { weight, bias } = foldedUnit('u', unit, new WeightReader(weights));
    // slopes 2 / √4 = 1 and 3 / √1 = 3; filters [[1, 3], [2, 4]] times those
    expect([...weight].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([1, 3, 6, 12]);
    // 0.5 + (1 − 4) · 1 and −1 + (1 − 0) · 3
    expect(bias[0]).toBeCloseTo(-2.5, 5);
    expect(bias[1]).toBeCloseTo(2, 5);
  });

  it("adds the unit's own ε to the variance, and refuses a padding of no known size", () => {
    const weights = new Map<string, Float32Tensor>([
      ['u.weight', { dtype: 'F32', shape: [1, 1, 1, 1], data: Float32Array.of(3) }],
      ['u.gamma', vector(1)],
      ['u.beta', vector(0)],
      ['u.movingMean', vector(2)],
      ['u.movingVariance', vector(3.75)],
    ]);
    const reader = new WeightReader(weights);
    const { weight, bias } = foldedUnit('u', convUnit(1, 1, 1, { epsilon: 0.25 }), reader);
    expect([weight[0], bias[0]]).toEqual([1.5, -1]); // 3 / √(3.75 + 0.25), −2 / 2
    expect(() => foldedUnit('u', convUnit(1, 1, 1, { stride: 2, padding: 'same' }), reader)).toThrow(
      "u.padding: expected pixels, since it runs at one size, got 'same'",
    );
  });
});
