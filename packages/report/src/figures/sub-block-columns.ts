import type { Element } from '../drawing/tree.js';
import { ink, typeSizePx } from '../drawing/ink.js';
import { svgText } from '../drawing/svg-text.js';
import type { GatedBlockName } from '../report-data.js';

/** Position of a sub-block's column. */
export interface SubBlockColumn {
  readonly blockIndex: number;
  readonly subBlock: number;
  readonly left: number;
  readonly width: number;
}

/** Gap between two blocks, as a fraction of a column's width. */
const BLOCK_GAP = 0.35;

/** Columns for all sub-blocks of the gated blocks, from left to right, grouped by block. */
export function subBlockColumns(
  blocks: readonly GatedBlockName[],
  left: number,
  widthPx: number,
  largestPx: number,
): SubBlockColumn[] {
  const count = blocks.reduce((sum, { subBlocks }) => sum + subBlocks, 0);
  const width = Math.min(largestPx, widthPx / (count + BLOCK_GAP * (blocks.length - 1)));
  let at = left;
  return blocks.flatMap(({ subBlocks }, blockIndex) => {
    const columns = Array.from({ length: subBlocks }, (_, subBlock) => {
      const column = { blockIndex, subBlock, left: at, width };
      at += width;
      return column;
    });
    at += BLOCK_GAP * width;
    return columns;
  });
}

/**
 * Names of the blocks, centred over their columns, with the baseline at `y`; only every second or third if space is
 * tight.
 */
export function blockLabels(
  blocks: readonly GatedBlockName[],
  columns: readonly SubBlockColumn[],
  y: number,
): Element[] {
  const spans = blocks.map((_, index) => {
    const own = columns.filter(({ blockIndex }) => blockIndex === index);
    const [first, last] = [own[0], own.at(-1)];
    return first && last ? [first.left, last.left + last.width] : [0, 0];
  });
  const narrowest = Math.min(...spans.map(([from = 0, to = 0]) => to - from));
  const every = narrowest >= 22 ? 1 : narrowest >= 11 ? 2 : 4;
  return blocks.flatMap(({ path }, index) => {
    if (index % every !== 0) return [];
    const [from = 0, to = 0] = spans[index] ?? [];
    return [
      svgText((from + to) / 2, y, shortPath(path), {
        anchor: 'middle',
        sizePx: typeSizePx.tick,
        colour: ink.muted,
      }),
    ];
  });
}

/** `stage1.block0` as `1.0`. */
function shortPath(path: string): string {
  const [, stage, block] = /^stage(\d+)\.block(\d+)$/.exec(path) ?? [];
  return stage === undefined || block === undefined ? path : `${stage}.${block}`;
}
