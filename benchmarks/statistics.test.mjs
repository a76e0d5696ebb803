import { describe, expect, it } from 'vitest';
import { median, medianInterval, ratios, summarise, takenOut } from './statistics.mjs';

describe('median', () => {
  it('is the middle value, in any order', () => {
    expect(median([9, 1, 4])).toBe(4);
  });

  it('is the mean of the two in the middle', () => {
    expect(median([9, 1, 4, 5])).toBe(4.5);
  });

  it('leaves its argument as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('refuses none', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('medianInterval', () => {
  const upTo = (/** @type {number} */ length) => Array.from({ length }, (_, i) => length - i);

  // by the tables of the sign test (Dixon & Mood 1946): ranks of the values
  it.each([
    [6, [1, 6]],
    [8, [1, 8]],
    [9, [2, 8]],
    [10, [2, 9]],
    [20, [6, 15]],
    [30, [10, 21]],
    [100, [40, 61]],
  ])('lies between the ranks of the tables, of %s values', (count, ranks) => {
    expect(medianInterval(upTo(count))).toEqual(ranks);
  });

  it('cannot be had of five or fewer', () => {
    for (const count of [0, 1, 5]) expect(medianInterval(upTo(count))).toBeNull();
  });
});

describe('summarise', () => {
  it('takes minimum and median over all rounds together', () => {
    // sorted: 2 3 4 6 8 100; a median of the rounds' medians would be 4 or 6
    // prettier-ignore
    expect(summarise([[4, 100], [3, 2], [8, 6]])).toEqual({ minimum: 2, median: 5 });
  });

  it.each([0, -1, NaN, Infinity])('refuses %s', (wrong) => {
    expect(() => summarise([[1, wrong]])).toThrow(`got ${wrong}`);
  });
});

describe('ratios', () => {
  it('divides ours by the peer’s', () => {
    const ours = { minimum: 3, median: 5 };
    expect(ratios(ours, { minimum: 2, median: 10 })).toEqual({ ratio: 1.5, ratioOfMedians: 0.5 });
  });

  it('has none without a peer', () => {
    expect(ratios({ minimum: 3, median: 5 }, null)).toEqual({ ratio: null, ratioOfMedians: null });
  });
});

it('takenOut is whole less rest, which noise may make negative', () => {
  expect(takenOut({ minimum: 10, median: 12 }, { minimum: 9, median: 13 })).toEqual({
    minimum: 1,
    median: -1,
  });
});
