import { describe, expect, it } from 'vitest';
import { tinyDynamic } from '@dmnn/test-networks';
import { initialValue } from './initial-value.js';
import { initialWeights } from './initial-weights.js';
import type { Initialiser, VariableSpec } from './variable-specs.js';

const spec = (initial: Initialiser, shape: readonly number[], name = 'a'): VariableSpec => ({
  name,
  shape,
  role: 'convolution',
  initial,
});
const options = { seed: 3, openingRates: [[0.88, 0.88]], openingScales: [[1, 1]] };

function moments(values: Float32Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const kurtosis =
    values.reduce((sum, value) => sum + (value - mean) ** 4, 0) / values.length / variance ** 2;
  return { mean, deviation: Math.sqrt(variance), kurtosis };
}

describe('initialValue', () => {
  it('is normal with the wanted deviation', () => {
    const { mean, deviation, kurtosis } = moments(
      initialValue(spec({ kind: 'normal', deviation: 0.5 }, [40_001]), options),
    );
    // four standard errors: 0.5/200, 0.5/√80,002, √(24/40,001)
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.0075);
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.1);
  });

  it('is uniform up to the wanted bound', () => {
    const values = initialValue(spec({ kind: 'uniform', bound: 0.3 }, [40_001]), options);
    const { mean, deviation, kurtosis } = moments(values);
    expect(values.every((value) => Math.abs(value) < 0.3)).toBe(true);
    expect(Math.abs(mean)).toBeLessThan(0.004);
    expect(Math.abs(deviation - 0.3 / Math.sqrt(3))).toBeLessThan(0.002);
    expect(Math.abs(kurtosis - 1.8)).toBeLessThan(0.03); // of a uniform distribution
  });

  it('opens with logits whose softmax is the opening rate', () => {
    const values = initialValue(spec({ kind: 'opening', gatedBlock: 0 }, [4]), options);
    expect(values[0]).toBe(values[2]);
    expect(1 / (1 + Math.exp(values[0]! - values[1]!))).toBeCloseTo(0.88, 6);
  });

  it('opens the sub-blocks of each block at separate rates', () => {
    const openingRates = [
      [0.88, 0.88],
      [0.99, 0.2, 0.5],
    ];
    const values = initialValue(spec({ kind: 'opening', gatedBlock: 1 }, [6]), { ...options, openingRates });
    for (const [n, rate] of [0.99, 0.2, 0.5].entries()) {
      expect(1 / (1 + Math.exp(values[2 * n]! - values[2 * n + 1]!))).toBeCloseTo(rate, 6);
    }
  });

  it('starts sub-blocks of gated blocks, and only those, with separate last gammas', () => {
    const openingScale = [
      [0.5, 0],
      [0.25, 2],
    ];
    const weights = initialWeights(tinyDynamic(), { seed: 1, openingScale });
    const gammas = [...weights].filter(([name]) => name.endsWith('.gamma'));
    const scaled = gammas.filter(([, { data }]) => data[0] !== 1);
    expect(scaled.map(([name, { data }]) => [name, ...new Set(data)])).toEqual([
      ['stage0.block0.subblock0.unit2.gamma', 0.5],
      ['stage0.block0.subblock1.unit2.gamma', 0],
      ['stage1.block0.subblock0.unit2.gamma', 0.25],
      ['stage1.block0.subblock1.unit2.gamma', 2],
    ]);
    for (const [name, setting] of [
      ['openingScale', [1]],
      ['openingRate', [[0.5, 0.5]]],
    ] as const)
      expect(() => initialWeights(tinyDynamic(), { seed: 1, [name]: setting })).toThrow(
        new RegExp(`^${name}: expected`),
      );
  });

  it('depends only on seed and name', () => {
    const initial = { kind: 'normal', deviation: 1 } as const;
    const values = initialValue(spec(initial, [6]), options);
    expect(initialValue(spec(initial, [2, 3]), options)).toEqual(values);
    expect(initialValue(spec(initial, [5]), options)).toEqual(values.slice(0, 5));
    expect(initialValue(spec(initial, [6], 'b'), options)).not.toEqual(values);
    expect(initialValue(spec(initial, [6]), { ...options, seed: 4 })).not.toEqual(values);
    expect(initialValue(spec(initial, [6]), { ...options, seed: 3 + 2 ** 32 })).not.toEqual(values);
  });

  it('gives different numbers to variables with different names', () => {
    const weights = initialWeights(tinyDynamic(), { seed: 1 });
    const firsts = [...weights]
      .filter(([name]) => name.endsWith('.weight'))
      .map(([, { data }]) => (data[0]! / data[1]!).toFixed(5));
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('initialises convolutions He-normal with fan-out and linear layers within ±1/√inputs', () => {
    const weights = initialWeights(tinyDynamic(), { seed: 1 });
    const weight = weights.get('head.linear.weight')!;
    const bound = 1 / Math.sqrt(weight.shape[0]!);
    expect(weight.data.every((value) => Math.abs(value) < bound)).toBe(true);
    expect([...weights.get('stem.unit0.gamma')!.data]).toEqual([1, 1, 1, 1]);
    expect([...weights.get('stem.unit0.beta')!.data]).toEqual([0, 0, 0, 0]);
  });

  it('refuses seeds and rates out of range', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) {
      expect(() => initialValue(spec({ kind: 'normal', deviation: 1 }, [1]), { ...options, seed })).toThrow(
        /^seed: /,
      );
    }
    expect(() => initialWeights(tinyDynamic(), { seed: 1, openingRate: 1 })).toThrow(RangeError);
    expect(() => initialWeights(tinyDynamic(), { seed: 1, openingRate: NaN })).toThrow(RangeError);
  });
});
