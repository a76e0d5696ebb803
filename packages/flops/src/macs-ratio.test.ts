import { describe, expect, it } from 'vitest';
import { macsRatio } from './macs-ratio.js';

describe('macsRatio', () => {
  it('divides', () => {
    expect(macsRatio(3, 4)).toBe(0.75);
    expect(macsRatio(0, 4)).toBe(0);
    expect(macsRatio(5, 4)).toBe(1.25); // a divided network may cost more than its backbone
  });

  it.each([-1, NaN, Infinity])('refuses a cost of %s', (wrong) => {
    expect(() => macsRatio(wrong, 4)).toThrow(`macs: expected a finite number >= 0, got ${wrong}`);
    expect(() => macsRatio(4, wrong)).toThrow(`undividedMacs: expected a finite number > 0, got ${wrong}`);
  });

  it('refuses a backbone that costs nothing', () => {
    expect(() => macsRatio(1, 0)).toThrow(RangeError);
  });
});
