import { convUnit } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { basic, blockOf, bottleneck, invertedResidual } from '@dmnn/test-networks';
import { hiddenChannels } from './hidden-channels.js';

describe('hiddenChannels', () => {
  it.each([
    [basic(8, 6, 4), 6, 1],
    [bottleneck(8, 6, 4), 6, 1],
    [bottleneck(8, 6, 4, { groups: 3 }), 6, 3],
    [invertedResidual(8, 6, 4), 48, 48],
  ])('finds them in a block of each kind', (block, channels, groups) => {
    expect(hiddenChannels(block)).toEqual({ units: block.subBlocks[0]?.units, channels, groups });
  });

  it.each([
    [[convUnit(3, 4, 4)], /expected two or more convolutions in sequence, got 1/],
    [
      [convUnit(1, 4, 8), convUnit(3, 8, 6), convUnit(1, 6, 4)],
      /expected one number of hidden channels, got 8 → 6 → 4/,
    ],
    [[convUnit(1, 4, 8), convUnit(3, 8, 8), convUnit(1, 7, 4)], /expected one number of hidden channels/],
    [[convUnit(1, 4, 8, { groups: 2 }), convUnit(3, 8, 4)], /expected groups only between .*got 2, 1\./],
    [[convUnit(1, 4, 8), convUnit(3, 8, 4, { groups: 4 })], /expected groups only between .*got 1, 4\./],
    [
      [convUnit(1, 4, 8), convUnit(3, 8, 8, { groups: 2 }), convUnit(3, 8, 8), convUnit(1, 8, 4)],
      /expected groups only between .*got 1, 2, 1, 1\./,
    ],
  ])('refuses convolutions that are not of such a form', (units, message) => {
    expect(() => hiddenChannels(blockOf('basic', units))).toThrow(
      expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }),
    );
    expect(() => hiddenChannels(blockOf('basic', units))).toThrow(message);
  });
});
