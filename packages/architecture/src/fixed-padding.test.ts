import { describe, expect, it } from 'vitest';
import type { Architecture } from './architecture.js';
import { placedBlocks } from './blocks.js';
import { convUnit } from './conv-unit.js';
import { fixedPadding, fixedPaddingOf } from './fixed-padding.js';
import { tinyNetwork } from './fixtures/networks.js';
import { inferShapes } from './infer-shapes.js';

const padding = 'same';
const path = (stride: number) => ({
  units: [convUnit(5, 4, 4, { stride, padding, groups: 4 }), convUnit(1, 4, 4, { activation: 'none' })],
});
/** 20 px → 10 → 5 → 3, 2 at the exit. */
const network: Architecture = {
  name: 'padded as in TensorFlow',
  imageSizePx: 20,
  inChannels: 3,
  stem: { units: [convUnit(3, 3, 4, { stride: 2, padding })], pool: { kernelSize: 3, stride: 2, padding } },
  stages: [
    {
      blocks: [
        {
          kind: 'inverted-residual',
          shortcut: {
            kind: 'projection',
            unit: convUnit(2, 4, 4, { stride: 2, padding, activation: 'none' }),
          },
          subBlocks: [path(2), path(2)],
          activation: 'none',
        },
        {
          kind: 'inverted-residual',
          shortcut: { kind: 'identity' },
          subBlocks: [path(1)],
          activation: 'none',
        },
      ],
    },
  ],
  exits: [
    {
      afterBlock: 0,
      head: { units: [convUnit(3, 4, 4, { stride: 2, padding })], inFeatures: 4, classes: 2 },
    },
  ],
  head: { units: [], inFeatures: 4, classes: 2 },
};

describe('fixedPadding', () => {
  it('writes the pixels of every window, by the size of its map', () => {
    const fixed = fixedPadding(network, 20);
    expect(fixed.stem.units[0]?.padding).toEqual({ top: 0, bottom: 1, left: 0, right: 1 }); // 20 px
    expect(fixed.stem.pool?.padding).toEqual({ top: 0, bottom: 1, left: 0, right: 1 }); // 10 px
    const [first, second] = placedBlocks(fixed).map(({ block }) => block);
    expect(first?.subBlocks.map(({ units }) => units[0]?.padding)).toEqual([2, 2]); // 5 px: 2 on each side
    expect(first?.shortcut).toMatchObject({ unit: { padding: { top: 0, bottom: 1, left: 0, right: 1 } } });
    expect(second?.subBlocks[0]?.units[0]?.padding).toBe(2);
    expect(fixed.exits?.[0]?.head.units[0]?.padding).toBe(1); // 3 px
  });

  it('depends on the size of the image', () => {
    const fixed = fixedPadding(network, 19);
    expect(fixed.stem.units[0]?.padding).toBe(1);
    expect(inferShapes(fixed, { imageSizePx: 19 }).headSizePx).toBe(
      inferShapes(network, { imageSizePx: 19 }).headSizePx,
    );
  });

  it('changes nothing else', () => {
    expect(fixedPadding(tinyNetwork(), 32)).toEqual(tinyNetwork());
  });
});

it("fixedPaddingOf refuses 'same', by name", () => {
  expect(fixedPaddingOf({ kernelSize: 3, stride: 1, padding: 1 }, 'stem.pool')).toBe(1);
  expect(() => fixedPaddingOf({ kernelSize: 3, stride: 2, padding: 'same' }, 'stem.pool')).toThrow(
    "stem.pool.padding: expected pixels, since it runs at one size, got 'same'",
  );
});
