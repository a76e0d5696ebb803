import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatesOf, masksOf, openingLogOdds } from './gate-masks.js';

describe('masksOf', () => {
  it('is undone by gatesOf, up to 32 gates', () => {
    const rows = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 32 }), { maxLength: 6 });
    fc.assert(
      fc.property(rows, (pattern) => {
        const subBlocks = pattern.map(({ length }) => length);
        expect(gatesOf(masksOf(pattern, subBlocks), subBlocks)).toEqual(pattern);
      }),
    );
  });

  it.each([
    [[[true, false]], 'pattern: expected the gates of 2 gated blocks, got 1 of them'],
    ['all', 'pattern: expected the gates of 2 gated blocks, got string'],
    [[[true, false], [true]], 'pattern[1]: expected 2 booleans, got [true]'],
    [
      [
        [true, 1],
        [true, false],
      ],
      'pattern[0]: expected 2 booleans, got [true,1]',
    ],
    [[[true, false], undefined], 'pattern[1]: expected 2 booleans, got undefined'],
  ])('refuses %j', (pattern, message) => {
    expect(() => masksOf(pattern, [2, 2])).toThrow(message);
    expect(() => masksOf(pattern, [2, 2])).toThrow(expect.objectContaining({ code: 'DMNN_ENGINE' }));
  });
});

describe('openingLogOdds', () => {
  it('is the next float32 below the log-odds of the threshold, so that the threshold itself opens', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (threshold) => {
        const least = Math.fround(Math.log(threshold / (1 - threshold)));
        const opening = openingLogOdds(threshold);
        expect(Math.fround(opening)).toBe(opening);
        if (Number.isFinite(least)) expect(opening).toBeLessThan(least + 1e-6 * Math.abs(least) + 1e-6);
      }),
    );
    expect(openingLogOdds(0.5)).toBe(-(2 ** -149));
    expect(openingLogOdds(0)).toBe(-Infinity);
    expect(openingLogOdds(1)).toBe((2 - 2 ** -23) * 2 ** 127);
    expect(openingLogOdds(1 / (1 + Math.exp(-2)))).toBe(Math.fround(2) - 2 ** -23);
    expect(openingLogOdds(1 / (1 + Math.exp(2)))).toBe(Math.fround(-2) - 2 ** -22);
  });

  it.each([-0.1, 1.1, NaN])('refuses %d', (threshold) => {
    expect(() => openingLogOdds(threshold)).toThrow(/^threshold: expected a probability in \[0, 1\], got /);
  });
});
