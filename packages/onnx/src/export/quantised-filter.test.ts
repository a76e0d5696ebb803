import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantisedFilter, scaleOf } from './quantised-filter.js';

const filter = (weight: readonly number[], bias: readonly number[]) => ({
  weight: Float32Array.from(weight),
  bias: Float32Array.from(bias),
  outChannels: bias.length,
});

describe('quantisedFilter', () => {
  it('has a scale for each output channel, ties to even', () => {
    // largest 127 and 12.7: scales 1 and 0.1
    const { weight, scales, bias, biasScales } = quantisedFilter(
      filter([127, -2.5, 3.5, 12.7, 0.1, -6.35], [1, -0.05]),
      0.5,
    );
    expect([...weight]).toEqual([127, -2, 4, 127, 1, -64]);
    expect([...scales]).toEqual([1, Math.fround(Math.fround(12.7) / 127)]);
    expect([...bias]).toEqual([2, -1]);
    expect(biasScales[0]).toBe(0.5);
  });

  it('is at most half a step from the filter, and a step of the bias from the bias', () => {
    const number = fc.float({ min: -8, max: 8, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 9, maxLength: 9 }),
        fc.array(number, { minLength: 3, maxLength: 3 }),
        fc.double({ min: 1e-3, max: 1, noNaN: true }),
        (weight, bias, inputScale) => {
          const whole = quantisedFilter(filter(weight, bias), inputScale);
          whole.weight.forEach((value, i) => {
            const scale = whole.scales[Math.floor(i / 3)]!;
            expect(Math.abs(value * scale - weight[i]!)).toBeLessThanOrEqual(0.5001 * scale);
          });
          whole.bias.forEach((value, o) => {
            const scale = whole.biasScales[o]!;
            expect(Math.abs(value * scale - bias[o]!)).toBeLessThanOrEqual(0.51 * scale + 1e-6 * Math.abs(bias[o]!)); // prettier-ignore
          });
        },
      ),
    );
  });

  it('keeps the bias of a channel without a filter, or with one that is tiny compared with it, within 32 bits', () => {
    const { weight, bias, biasScales } = quantisedFilter(filter([0, 0, 1e-20, 0], [5, -3]), 1e-3);
    expect([...weight]).toEqual([0, 0, 0, 0]);
    for (const [o, expected] of [5, -3].entries()) {
      expect(bias[o]! * biasScales[o]!).toBeCloseTo(expected, 5);
      expect(Math.abs(bias[o]!)).toBeLessThanOrEqual(2 ** 30);
    }
  });

  it('takes any scale where everything is 0', () => {
    expect([scaleOf(0, 127), scaleOf(1e-40, 255), scaleOf(255, 255)]).toEqual([1, 1, 1]);
    expect([...quantisedFilter(filter([0, 0], [0]), 1).bias]).toEqual([0]);
  });
});
