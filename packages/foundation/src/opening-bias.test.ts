import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openingBias } from './opening-bias.js';

describe('openingBias', () => {
  it('reproduces ConvNet-AIG: biases 0.1 and 2 open 0.8699 of the gates', () => {
    const rate = 1 / (1 + Math.exp(-1.9));
    expect(rate).toBeCloseTo(0.8699, 4);
    const { off, on } = openingBias(rate);
    expect(on - off).toBeCloseTo(1.9, 12);
  });

  it('gives the rate through softmax, and sums to 0', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (rate) => {
        const { off, on } = openingBias(rate);
        expect(off + on).toBe(0);
        expect(Math.exp(on) / (Math.exp(on) + Math.exp(off))).toBeCloseTo(rate, 12);
      }),
    );
    expect(openingBias(0.5).on).toBeCloseTo(0, 15);
  });

  it.each([0, 1, -0.1, 1.1, NaN])('refuses %f', (rate) => {
    expect(() => openingBias(rate)).toThrow(RangeError);
    expect(() => openingBias(rate)).toThrow(
      `rate: expected a number between 0 and 1, both excluded, got ${rate}`,
    );
  });
});
