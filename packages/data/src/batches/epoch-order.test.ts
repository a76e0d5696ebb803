import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochOrder } from './epoch-order.js';

describe('epochOrder', () => {
  it('is a permutation that depends on seed and epoch', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.maxSafeInteger(), fc.nat(1000), (size, seed, epoch) => {
        const order = epochOrder(size, { seed, epoch });
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index));
        expect(order).toEqual(epochOrder(size, { seed, epoch }));
        if (size > 20) {
          expect(order).not.toEqual(epochOrder(size, { seed, epoch: epoch + 1 }));
          expect(order).not.toEqual(epochOrder(size, { seed: seed === 0 ? 1 : -seed, epoch }));
        }
      }),
    );
  });

  it('gives all 24 orders of 4 equally often', () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 24_000; epoch++) {
      const order = epochOrder(4, { seed: 5, epoch }).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // 1000 each, deviation 31
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(155);
  });

  it.each([
    [-1, 0, 0, 'size: expected an integer ≥ 0, got -1'],
    [Number.NaN, 0, 0, 'size: expected an integer ≥ 0, got NaN'],
    [3, 0.5, 0, 'seed: expected a safe integer, got 0.5'],
    [3, 0, -1, 'epoch: expected an integer ≥ 0, got -1'],
  ])('refuses size %d, seed %d, epoch %d', (size, seed, epoch, message) => {
    expect(() => epochOrder(size, { seed, epoch })).toThrow(message);
  });
});
