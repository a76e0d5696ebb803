import { createArchitecture } from '@dmnn/backbones';
import { describe, expect, it } from 'vitest';
import { openingOf, openingProblems } from './opening.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
const [first, ...rest] = architecture.stages;
/** Its first block has one of its sub-blocks only. */
const uneven = {
  ...architecture,
  stages: [
    { blocks: first!.blocks.map((block) => ({ ...block, subBlocks: block.subBlocks.slice(0, 1) })) },
    ...rest,
  ],
};

describe('openingOf', () => {
  it('is what the recipe says, and nothing without gates', () => {
    expect(openingOf(architecture, { targetRate: 0.6, openingRate: 0.88 })).toEqual({ openingRate: 0.88 });
    const each = { openingRate: [0.9, 0.2], openingScale: [1, 0] };
    expect(openingOf(architecture, { targetRate: 0.6, ...each })).toEqual(each);
    expect(openingOf(createArchitecture('cifar-resnet8'), null)).toEqual({});
  });

  it('opens in turn, to the target rate', () => {
    const gating = { targetRate: 0.6, openingRate: 'in-turn' } as const;
    expect(openingOf(architecture, gating)).toEqual({ openingRate: [0.99, expect.closeTo(0.2, 12)] });
    const first = openingOf(architecture, { ...gating, openingScale: 'first' });
    expect(first.openingScale).toEqual([1, 0]);
    const four = createArchitecture('dmnn-cifar-resnet8-n4');
    expect(openingOf(four, gating)).toEqual({ openingRate: [0.99, 0.99, expect.closeTo(0.4, 12), 0.01] });
  });
});

describe('openingProblems', () => {
  const targetRate = 0.6;

  it('has none of one number for all, and of one for each sub-block', () => {
    expect(openingProblems(architecture, { targetRate, openingRate: 0.88 })).toEqual([]);
    expect(
      openingProblems(architecture, { targetRate, openingRate: [0.99, 0.2], openingScale: [1, 0] }),
    ).toEqual([]);
    expect(openingProblems(architecture, { targetRate, openingRate: 'in-turn' })).toEqual([]);
    expect(openingProblems(createArchitecture('cifar-resnet8'), null)).toEqual([]);
  });

  it('names the first block of another number of sub-blocks', () => {
    const three = { targetRate, openingRate: [0.99, 0.2, 0.1], openingScale: [0] };
    expect(openingProblems(architecture, three)).toEqual([
      'gating.openingRate: expected a number, or 2, one for each sub-block of stage0.block0, got 3',
      'gating.openingScale: expected a number, or 2, one for each sub-block of stage0.block0, got 1',
    ]);
    expect(openingProblems(uneven, { targetRate, openingRate: 'in-turn' })).toEqual([
      'gating.openingRate: expected a number, or 2, one for each sub-block of stage1.block0, got in-turn, which is for blocks of equally many',
    ]);
  });
});
