import { describe, expect, it } from 'vitest';
import { during } from './during.js';
import { linear } from './interpolating-schedules.js';
import { offAfter } from './off-after.js';

describe('during', () => {
  it('runs the schedule between start and end, and holds its ends outside', () => {
    const schedule = during(0.2, 0.6, linear(1, 0.5));
    expect(schedule(0)).toBe(1);
    expect(schedule(0.2)).toBe(1);
    expect(schedule(0.4)).toBeCloseTo(0.75, 12);
    expect(schedule(0.6)).toBeCloseTo(0.5, 12);
    expect(schedule(1)).toBe(0.5);
  });

  it('composes', () => {
    const schedule = offAfter(0.9, during(0, 0.5, during(0.5, 1, linear(4, 2)))); // inner: from 0.25 to 0.5
    expect([0.25, 0.375, 0.5, 0.89, 0.9].map(schedule)).toEqual([4, 3, 2, 2, 0]);
  });

  it('refuses bounds and progress out of range', () => {
    for (const [start, end] of [
      [-0.1, 1],
      [0, 1.1],
      [0.5, 0.5],
      [NaN, 1],
      [0, NaN],
    ] as const) {
      expect(() => during(start, end, linear(0, 1))).toThrow(
        `expected 0 <= start < end <= 1, got ${start} and ${end}`,
      );
    }
    expect(() => during(0, 1, linear(0, 1))(NaN)).toThrow('progress');
  });
});
