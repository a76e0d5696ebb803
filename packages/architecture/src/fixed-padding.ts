import type { Architecture } from './architecture.js';
import type { Shortcut } from './block.js';
import {
  type ConvUnit,
  type FixedPadding,
  type SlidingWindow,
  paddingSides,
  plainPadding,
} from './conv-unit.js';
import { type UnitShape, inferShapes } from './infer-shapes.js';

/**
 * The same network with the pixels that `'same'` stands for at one image size, for what runs at that size only.
 *
 * @throws as `inferShapes` does
 */
export function fixedPadding(architecture: Architecture, imageSizePx: number): Architecture {
  const shapes = inferShapes(architecture, { imageSizePx });
  const { stem, stages, exits, head } = architecture;
  const stemSizePx = shapes.stem.at(-1)?.outSizePx ?? imageSizePx;
  let b = 0;
  return {
    ...architecture,
    stem: {
      units: fixedUnits(shapes.stem),
      ...(stem.pool && { pool: { ...stem.pool, padding: fixed(stem.pool, stemSizePx) } }),
    },
    stages: stages.map(({ blocks }) => ({
      blocks: blocks.map((block) => {
        const shape = shapes.blocks[b++];
        const subBlocks = (shape?.subBlocks ?? []).map((units) => ({ units: fixedUnits(units) }));
        return { ...block, shortcut: fixedShortcut(block.shortcut, shape?.shortcut), subBlocks };
      }),
    })),
    ...(exits && {
      exits: exits.map((exit, e) => ({
        ...exit,
        head: { ...exit.head, units: fixedUnits(shapes.exits[e]?.units ?? []) },
      })),
    }),
    head: { ...head, units: fixedUnits(shapes.head) },
  };
}

/**
 * The padding of a window whose size is known.
 *
 * @throws RangeError for `'same'`, which {@link fixedPadding} replaces
 */
export function fixedPaddingOf({ padding }: SlidingWindow, path: string): FixedPadding {
  if (padding !== 'same') return padding;
  throw new RangeError(
    `${path}.padding: expected pixels, since it runs at one size, got 'same'. Pass the network through fixedPadding.`,
  );
}

function fixedUnits(shapes: readonly UnitShape[]): ConvUnit[] {
  return shapes.map(({ unit, inSizePx }) => ({ ...unit, padding: fixed(unit, inSizePx) }));
}

function fixedShortcut(shortcut: Shortcut, shape: UnitShape | undefined): Shortcut {
  if (shortcut.kind !== 'projection' || !shape) return shortcut;
  return { ...shortcut, unit: { ...shortcut.unit, padding: fixed(shortcut.unit, shape.inSizePx) } };
}

function fixed(window: SlidingWindow, sizePx: number): FixedPadding {
  const sides = plainPadding({ ...window, padding: paddingSides(window, sizePx) });
  return sides as FixedPadding; // not 'same', since sides were given
}
