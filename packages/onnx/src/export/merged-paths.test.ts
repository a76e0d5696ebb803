import { describe, expect, it } from 'vitest';
import type { FoldedUnit } from '@dmnn/weights/internal';
import { mergedPaths } from './merged-paths.js';

function unit(
  inChannels: number,
  outChannels: number,
  first: number,
  over: Partial<FoldedUnit> = {},
): FoldedUnit {
  const { groups = 1 } = over;
  return {
    path: 'b.subblock0.unit0',
    kernelSize: 1,
    stride: 1,
    padding: 0,
    groups,
    inChannels,
    outChannels,
    activation: 'none',
    weight: Float32Array.from({ length: (inChannels / groups) * outChannels }, (_, i) => first + i),
    bias: Float32Array.from({ length: outChannels }, (_, i) => first + i),
    ...over,
  };
}

describe('mergedPaths', () => {
  it('merges two paths of three convolutions: outputs, groups, inputs', () => {
    const path = (at: number) => [unit(1, 2, at), unit(2, 2, at + 10), unit(2, 1, at + 20)];
    const [merged, ...others] = mergedPaths([path(0), path(100)], { lanes: 2, dense: false });
    expect(others).toEqual([]);
    const [first, middle, last] = merged!;
    expect(first).toMatchObject({ groups: 1, inChannels: 1, outChannels: 4 });
    expect([...first!.weight]).toEqual([0, 1, 100, 101]);
    expect(middle).toMatchObject({ groups: 2, inChannels: 4, outChannels: 4 });
    expect([...middle!.weight]).toEqual([10, 11, 12, 13, 110, 111, 112, 113]);
    expect(last).toMatchObject({ groups: 1, inChannels: 4, outChannels: 1 });
    expect([...last!.weight]).toEqual([20, 21, 120, 121]); // one output reads all four
    expect([...last!.bias]).toEqual([20 + 120]);
  });

  it('keeps paths separate if their groups would not fill the lanes or their shapes differ', () => {
    const path = (at: number, width = 2) => [unit(1, width, at), unit(width, width, at), unit(width, 1, at)];
    expect(mergedPaths([path(0), path(1)], { lanes: 4, dense: false })).toHaveLength(2);
    expect(mergedPaths([path(0), path(1, 4)], { lanes: 2, dense: true })).toHaveLength(2);
    const active = (at: number) => [unit(1, 2, at), unit(2, 1, at, { activation: 'relu' })];
    expect(mergedPaths([active(0), active(1)], { lanes: 1, dense: true })).toHaveLength(2);
  });

  it('multiplies existing groups', () => {
    const path = (at: number) => [unit(1, 4, at), unit(4, 4, at, { groups: 4 }), unit(4, 1, at)];
    expect(mergedPaths([path(0), path(1)], { lanes: 16, dense: true })[0]?.[1]).toMatchObject({
      groups: 8,
      inChannels: 8,
      outChannels: 8,
    });
  });

  it('merges narrow paths with zeros between them if empty lanes would cost more', () => {
    const path = (at: number) => [unit(8, 3, at), unit(3, 3, at + 50), unit(3, 8, at + 70)];
    // 2 · (8·4 + 4·4 + 4·8) = 160 apart; 8·8 + 8·8 + 8·8 = 192 together: 6 channels are 8
    expect(mergedPaths([path(0), path(100)], { lanes: 4, dense: true })).toHaveLength(2);
    const narrow = (at: number) => [unit(8, 2, at), unit(2, 2, at + 50), unit(2, 8, at + 70)];
    expect(mergedPaths([narrow(0), narrow(100)], { lanes: 4, dense: false })).toHaveLength(2);
    // 160 apart, 8·4 + 4·4 + 4·8 = 80 together
    const [merged, ...others] = mergedPaths([narrow(0), narrow(100)], { lanes: 4, dense: true });
    expect(others).toEqual([]);
    expect(merged!.map(({ inChannels, outChannels, groups }) => [inChannels, outChannels, groups])).toEqual([
      [8, 4, 1],
      [4, 4, 1],
      [4, 8, 1],
    ]);
    expect([...merged![1]!.weight]).toEqual([50, 51, 0, 0, 52, 53, 0, 0, 0, 0, 150, 151, 0, 0, 152, 153]);
  });
});
