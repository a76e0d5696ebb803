import { describe, expect, it } from 'vitest';
import { ofEachSubBlock } from './per-sub-block.js';

describe('ofEachSubBlock', () => {
  it('expands one number, one per sub-block of a block, and one per sub-block of the network', () => {
    expect(ofEachSubBlock('rate', 0.5, [2, 1])).toEqual([[0.5, 0.5], [0.5]]);
    expect(ofEachSubBlock('rate', [0.9, 0.2], [2, 2])).toEqual([
      [0.9, 0.2],
      [0.9, 0.2],
    ]);
    expect(ofEachSubBlock('rate', [[0.9, 0.2], [0.1]], [2, 1])).toEqual([[0.9, 0.2], [0.1]]);
    expect(ofEachSubBlock('rate', [0.9, 0.2], [])).toEqual([]);
  });

  it('reports where numbers are missing or superfluous', () => {
    expect(() => ofEachSubBlock('rate', [0.9, 0.2], [2, 3])).toThrow(
      'rate: expected a number, or 3, one for each sub-block of gated block 1, got 2',
    );
    expect(() => ofEachSubBlock('rate', [], [2])).toThrow('rate: expected a number, or 2');
    expect(() => ofEachSubBlock('rate', [[0.9, 0.2]], [2, 2])).toThrow(
      'rate: expected 2 lists, one for each block that has gates, got 1',
    );
    expect(() => ofEachSubBlock('rate', [[0.9, 0.2], [0.9]], [2, 2])).toThrow(
      'rate: expected list 1: 2 numbers, one for each sub-block of gated block 1, got 1',
    );
  });
});
