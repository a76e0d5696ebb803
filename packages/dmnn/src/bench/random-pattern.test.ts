import { createArchitecture } from '@dmnn/backbones';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomPattern, singleBlockPattern } from './random-pattern.js';

const architecture = createArchitecture('dmnn-cifar-resnet20-n2'); // 9 blocks of 2

describe('randomPattern', () => {
  it('opens the share, in whole sub-blocks, and the same for the same seed', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (share, seed) => {
        const pattern = randomPattern(architecture, share, seed);
        expect(pattern.map(({ length }) => length)).toEqual(Array.from({ length: 9 }, () => 2));
        expect(pattern.flat().filter((open) => open).length).toBe(Math.round(18 * share));
        expect(randomPattern(architecture, share, seed)).toEqual(pattern);
      }),
    );
  });

  it('opens every sub-block as often as any other', () => {
    const seeds = 4000;
    const opened = Array.from({ length: 18 }, () => 0);
    for (let seed = 0; seed < seeds; seed++) {
      randomPattern(architecture, 0.5, seed)
        .flat()
        .forEach((open, i) => (opened[i]! += Number(open)));
    }
    const fiveSigma = 5 * Math.sqrt(seeds / 4);
    for (const count of opened) expect(Math.abs(count - seeds / 2)).toBeLessThan(fiveSigma);
  });
});

describe('singleBlockPattern', () => {
  it('opens one block alone, or none', () => {
    expect(singleBlockPattern(architecture).flat()).not.toContain(true);
    const pattern = singleBlockPattern(architecture, 4);
    expect(pattern[4]).toEqual([true, true]);
    expect(pattern.flat().filter((open) => open)).toHaveLength(2);
  });
});
