import { describe, expect, it } from 'vitest';
import { ofEachSubBlock } from './per-sub-block.js';

describe('ofEachSubBlock', () => {
  it('writes out one number, one for each sub-block of a block, and one for each of the network', () => {
    expect(ofEachSubBlock('rate', 0.5, [2, 1])).toEqual([[0.5, 0.5], [0.5]]);
    expect(ofEachSubBlock('rate', [0.9, 0.2], [2, 2])).toEqual([
      [0.9, 0.2],
      [0.9, 0.2],
    ]);
    expect(ofEachSubBlock('rate', [[0.9, 0.2], [0.1]], [2, 1])).toEqual([[0.9, 0.2], [0.1]]);
    expect(ofEachSubBlock('rate', [0.9, 0.2], [])).toEqual([]);
  });

  it('says where numbers are missing or too many', () => {
    expect(() => ofEachSubBlock('rate', [0.9, 0.2], [2, 3])).toThrow(
      'rate: expected a number, or 3, one for each sub-block of block 1 of those that have gates, got 2',
    );
    expect(() => ofEachSubBlock('rate', [], [2])).toThrow('rate: expected a number, or 2');
    expect(() => ofEachSubBlock('rate', [[0.9, 0.2]], [2, 2])).toThrow(
      'rate: expected 2 lists, one for each block that has gates, got 1',
    );
    expect(() => ofEachSubBlock('rate', [[0.9, 0.2], [0.9]], [2, 2])).toThrow(
      'rate: expected list 1: 2 numbers, one for each sub-block of block 1 of those that have gates, got 1',
    );
  });
});
