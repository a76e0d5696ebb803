import { describe, expect, it } from 'vitest';
import type { FoldedUnit } from './folded-unit.js';
import { paddedPath, resizedUnit } from './padded-path.js';

function unit(inChannels: number, outChannels: number, groups = 1): FoldedUnit {
  const size = (inChannels / groups) * outChannels;
  return {
    path: 'p',
    kernelSize: 1,
    stride: 1,
    padding: 0,
    groups,
    inChannels,
    outChannels,
    activation: 'relu6',
    weight: Float32Array.from({ length: size }, (_, i) => i + 1),
    bias: new Float32Array(outChannels).fill(7),
  };
}

describe('paddedPath', () => {
  it('pads hidden channels with zeros, and keeps the outer widths', () => {
    const [first, middle, last] = paddedPath([unit(1, 3), unit(3, 3, 3), unit(3, 2)], 2);
    expect(first).toMatchObject({ inChannels: 1, outChannels: 4 });
    expect([...first!.weight]).toEqual([1, 2, 3, 0]);
    expect([...first!.bias]).toEqual([7, 7, 7, 0]);
    expect(middle).toMatchObject({ inChannels: 4, outChannels: 4, groups: 4 });
    expect([...middle!.weight]).toEqual([1, 2, 3, 0]);
    expect(last).toMatchObject({ inChannels: 4, outChannels: 2 });
    expect([...last!.weight]).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
  });

  it('does not change widths that fit, or grouped convolutions', () => {
    const fitting = [unit(1, 4), unit(4, 2)];
    expect(paddedPath(fitting, 2)).toEqual(fitting);
    const grouped = [unit(1, 6), unit(6, 6, 2), unit(6, 1)];
    expect(paddedPath(grouped, 4)).toBe(grouped);
  });

  it.each([
    ['first', [unit(3, 3, 3), unit(3, 3), unit(3, 2)], [3, 3, 4, 2]],
    ['first, twice', [unit(3, 3, 3), unit(3, 3, 3), unit(3, 2)], [3, 3, 3, 2]],
    ['last', [unit(2, 3), unit(3, 3), unit(3, 3, 3)], [2, 4, 3, 3]],
    [
      'between two dense ones, twice',
      [unit(2, 3), unit(3, 3, 3), unit(3, 3, 3), unit(3, 2)],
      [2, 4, 4, 4, 2],
    ],
    ['alone', [unit(3, 3, 3)], [3, 3]],
    ['first and last', [unit(3, 3, 3), unit(3, 5), unit(5, 5), unit(5, 5, 5)], [3, 3, 6, 5, 5]],
  ])('keeps the width of what it reads and writes with a depth-wise convolution %s', (_, path, widths) => {
    const padded = paddedPath(path, 2);
    expect([padded[0]!.inChannels, ...padded.map(({ outChannels }) => outChannels)]).toEqual(widths);
    padded.forEach((each, k) => {
      expect(each.inChannels).toBe(widths[k]);
      expect(each.groups).toBe(path[k]!.groups === 1 ? 1 : widths[k]);
      expect(each.weight).toHaveLength((each.inChannels / each.groups) * each.outChannels);
    });
  });
});

describe('resizedUnit', () => {
  it('refuses what would move numbers to other channels', () => {
    expect(() => resizedUnit(unit(6, 6, 2), 8, 8)).toThrow(
      /^p: expected a convolution that can be widened to 8 → 8/,
    );
    expect(() => resizedUnit(unit(3, 3, 3), 3, 6)).toThrow(RangeError); // 6 is a multiple of 3, so an engine would run it
    expect(() => resizedUnit(unit(3, 6, 3), 4, 8)).toThrow(RangeError);
    const same = unit(6, 6, 2);
    expect(resizedUnit(same, 6, 6)).toBe(same);
  });
});
