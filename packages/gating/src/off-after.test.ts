import { describe, expect, it } from 'vitest';
import { linear } from './interpolating-schedules.js';
import { offAfter } from './off-after.js';

describe('offAfter', () => {
  it('is on until the last fifth, then 0', () => {
    expect([0, 0.5, 0.799, 0.8, 1].map(offAfter())).toEqual([1, 1, 1, 0, 0]);
  });

  it('cuts another schedule', () => {
    expect([0, 0.25, 0.5].map(offAfter(0.5, linear(2, 0)))).toEqual([2, 1.5, 0]);
    expect(offAfter(0)(0)).toBe(0);
    expect(offAfter(1)(0.999)).toBe(1);
  });

  it('refuses shares and progress out of range', () => {
    for (const share of [-0.1, 1.1, NaN])
      expect(() => offAfter(share)).toThrow(`share: expected a number in [0, 1], got ${share}`);
    expect(() => offAfter()(NaN)).toThrow('progress');
    expect(() => offAfter(0.5)(1.5)).toThrow('progress');
  });
});
