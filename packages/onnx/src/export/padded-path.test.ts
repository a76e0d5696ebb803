import { describe, expect, it } from 'vitest';
import type { FoldedUnit } from './folded-unit.js';
import { paddedPath } from './padded-path.js';

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
});
