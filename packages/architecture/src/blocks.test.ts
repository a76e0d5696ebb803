import { describe, expect, it } from 'vitest';
import {
  blockInChannels,
  blockOutChannels,
  blockStride,
  gatedBlocks,
  placedBlocks,
  takesPreviousState,
} from './blocks.js';
import { bottleneckNetwork, invertedNetwork, tinyNetwork } from './fixtures/networks.js';

describe('placedBlocks', () => {
  it('lists blocks in the order in which an image passes them', () => {
    expect(placedBlocks(bottleneckNetwork()).map((b) => [b.path, b.stageIndex, b.indexInStage])).toEqual([
      ['stage0.block0', 0, 0],
      ['stage0.block1', 0, 1],
      ['stage1.block0', 1, 0],
    ]);
    expect(placedBlocks(tinyNetwork({ stages: [] }))).toEqual([]);
  });
});

describe('gatedBlocks', () => {
  it('counts only blocks with a controller', () => {
    expect(gatedBlocks(bottleneckNetwork()).map((b) => [b.blockIndex, b.path, b.controller.kind])).toEqual([
      [0, 'stage0.block0', 'state'],
      [1, 'stage1.block0', 'state'],
    ]);
    expect(gatedBlocks(invertedNetwork()).map((b) => [b.blockIndex, b.path])).toEqual([[0, 'stage0.block2']]);
  });
});

describe('blockInChannels, blockOutChannels, blockStride', () => {
  it('read the ends of the first sub-block', () => {
    const [, , last] = placedBlocks(bottleneckNetwork());
    if (!last) throw new Error('no block');
    expect([blockInChannels(last.block), blockOutChannels(last.block), blockStride(last.block)]).toEqual([
      16, 32, 2,
    ]);
  });

  it('refuse a block without units', () => {
    const block = { kind: 'basic', activation: 'relu', shortcut: { kind: 'identity' } } as const;
    expect(() => blockInChannels({ ...block, subBlocks: [] })).toThrow(
      'expected at least one sub-block with one unit',
    );
    expect(() => blockOutChannels({ ...block, subBlocks: [{ units: [] }] })).toThrow(RangeError);
    expect(blockStride({ ...block, subBlocks: [] })).toBe(1);
  });
});

describe('takesPreviousState', () => {
  it('is false for the first block, for controllers without a state, and where none is wanted', () => {
    expect(gatedBlocks(bottleneckNetwork()).map(takesPreviousState)).toEqual([false, true]);
    const [, second] = gatedBlocks(bottleneckNetwork());
    if (second?.controller.kind !== 'state') throw new Error('no second block');
    expect(
      takesPreviousState({ ...second, controller: { ...second.controller, previousState: 'per-block' } }),
    ).toBe(true);
    expect(
      takesPreviousState({ ...second, controller: { ...second.controller, previousState: 'none' } }),
    ).toBe(false);
    expect(takesPreviousState({ ...second, controller: { kind: 'squeeze', hiddenUnits: 16 } })).toBe(false);
    const recurrent = { kind: 'recurrent', embedUnits: 10, hiddenUnits: 10 } as const;
    expect(takesPreviousState({ ...second, controller: recurrent })).toBe(true);
    expect(takesPreviousState({ ...second, controller: recurrent, blockIndex: 0 })).toBe(false);
  });
});
