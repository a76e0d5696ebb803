import { createArchitecture } from '@dmnn/backbones';
import { openingInTurn } from '@dmnn/gating';
import { describe, expect, it } from 'vitest';
import type { GatingRecipe } from '@dmnn/runs';
import { tinyRecipe } from '../fixtures/tiny-recipe.js';
import { gatingProblems } from './gating-problems.js';
import { openingOf } from './opening.js';

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
    const block = [0.99, expect.closeTo(0.2, 12)];
    expect(openingOf(architecture, gating)).toEqual({ openingRate: [block, block, block] });
    expect(openingOf(uneven, gating).openingRate).toEqual(openingInTurn(0.6, [1, 2, 2]));
  });

  it('begins with a scale of 0 what most images do not run', () => {
    const gating = { targetRate: 0.6, openingScale: 'first' } as const;
    expect(openingOf(architecture, { ...gating, openingRate: [0.9, 0.4] }).openingScale).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    const whole = createArchitecture('dmnn-cifar-resnet8-n1');
    const { openingScale } = openingOf(whole, { ...gating, openingRate: 'in-turn' });
    expect(openingScale).toEqual([[1], [0], [0]]);
  });
});

describe('gatingProblems, of an opening', () => {
  const gatingOf = (opening: Partial<GatingRecipe>): GatingRecipe => ({
    ...tinyRecipe({ gating: { targetRate: 0.6 } }).gating!,
    ...opening,
  });

  it('has none of what fits', () => {
    const settings = [
      { openingRate: 0.88 },
      { openingRate: [0.99, 0.2], openingScale: [1, 0] },
      { openingRate: 'in-turn', openingScale: 'first' },
    ] as const;
    for (const setting of settings) expect(gatingProblems(architecture, gatingOf(setting))).toEqual([]);
    expect(gatingProblems(uneven, gatingOf({ openingRate: 'in-turn' }))).toEqual([]);
    expect(gatingProblems(createArchitecture('cifar-resnet8'), null)).toEqual([]);
  });

  it('names the setting and the block that it does not fit', () => {
    const three = gatingOf({ openingRate: [0.99, 0.2, 0.1], openingScale: [[0, 1]] });
    expect(gatingProblems(architecture, three)).toEqual([
      'gating.openingRate: expected a number, or 2, one for each sub-block of gated block 0, got 3',
      'gating.openingScale: expected 3 lists, one for each block that has gates, got 1',
    ]);
  });
});
