import { ArchitectureError } from './architecture-error.js';
import type { Architecture, Head } from './architecture.js';
import type { Block, Shortcut } from './block.js';
import { blockInChannels, blockOutChannels, placedBlocks } from './blocks.js';
import { type ConvUnit, type SlidingWindow, paddingText, windowOutSizePx } from './conv-unit.js';

/** A convolution unit, its position, and the sizes of its input and output maps. */
export interface UnitShape {
  /** `stage0.block0.subblock1.unit2`: the prefix of its variables' names. */
  readonly path: string;
  readonly unit: ConvUnit;
  /** Side of the square input map, in pixels. */
  readonly inSizePx: number;
  /** Side of the square output map, in pixels. */
  readonly outSizePx: number;
}

/** A block, its position, and the sizes of its input and output maps. */
export interface BlockShape {
  /** `stage2.block0` */
  readonly path: string;
  readonly block: Block;
  /** From 0. */
  readonly stageIndex: number;
  /** Index l among the blocks with a controller, from 0. Absent if the block has none. */
  readonly blockIndex?: number;
  /** Side of the square input map, in pixels. */
  readonly inSizePx: number;
  /** Side of the square output map, in pixels. */
  readonly outSizePx: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** The projection, if that is the shortcut. */
  readonly shortcut?: UnitShape;
  /** `[n][k]`: unit k of sub-block n. */
  readonly subBlocks: readonly (readonly UnitShape[])[];
}

/** An exit, its position, and the sizes of its maps. */
export interface ExitShape {
  /** `exit0`: the prefix of its variables' names. */
  readonly path: string;
  readonly head: Head;
  /** Index of its block in {@link NetworkShapes.blocks}. */
  readonly afterBlock: number;
  readonly units: readonly UnitShape[];
  /** Side of the map that is averaged before the linear layer, in pixels. */
  readonly sizePx: number;
}

/** Sizes of all maps of a network, for one image size. */
export interface NetworkShapes {
  /** Side of the square image, in pixels. */
  readonly imageSizePx: number;
  readonly stem: readonly UnitShape[];
  /** Side of the input map of the first block, after the stem's pool if it has one, in pixels. */
  readonly stemOutSizePx: number;
  /** In execution order. */
  readonly blocks: readonly BlockShape[];
  /** In order of their blocks. */
  readonly exits: readonly ExitShape[];
  readonly head: readonly UnitShape[];
  /** Side of the map that is averaged before the linear layer, in pixels. */
  readonly headSizePx: number;
}

/** Settings of {@link inferShapes}. */
export interface InferShapesOptions {
  /** Side of the square image, in pixels. @defaultValue that of the architecture */
  readonly imageSizePx?: number | undefined;
}

/**
 * Computes the sizes of the maps before and after every convolution of a network.
 *
 * Division rounds down. Maps are square.
 *
 * @returns every unit with its path, in execution order; a block's shortcut comes first
 * @throws RangeError if `imageSizePx` is not an integer ≥ 1
 * @throws ArchitectureError if a map would shrink below 1 pixel, or if summed paths have maps of different sizes
 * @example
 * ```ts
 * import { convUnit, inferShapes, type Architecture } from '@dmnn/architecture';
 *
 * const architecture: Architecture = {
 *   name: 'tiny',
 *   imageSizePx: 32,
 *   inChannels: 3,
 *   stem: { units: [convUnit(3, 3, 16, { stride: 2 })], pool: { kernelSize: 3, stride: 2, padding: 1 } },
 *   stages: [],
 *   head: { units: [], inFeatures: 16, classes: 10 },
 * };
 * const shapes = inferShapes(architecture);
 * console.log(shapes.stem[0]?.outSizePx, shapes.stemOutSizePx); // => 16 8
 * ```
 */
export function inferShapes(architecture: Architecture, options: InferShapesOptions = {}): NetworkShapes {
  const { imageSizePx = architecture.imageSizePx } = options;
  if (!Number.isSafeInteger(imageSizePx) || imageSizePx < 1) {
    throw new RangeError(
      `imageSizePx: expected a whole number of pixels, at least 1, got ${String(imageSizePx)}`,
    );
  }
  const walk = new ShapeWalk(`${architecture.name} at ${imageSizePx} px`);

  const stem = walk.sequence('stem', architecture.stem.units, imageSizePx);
  const { pool } = architecture.stem;
  const stemOutSizePx = pool ? walk.window('stem.pool', pool, stem.outSizePx) : stem.outSizePx;

  const blocks: BlockShape[] = [];
  let sizePx = stemOutSizePx;
  let gated = 0;
  for (const { block, path, stageIndex } of placedBlocks(architecture)) {
    const place = { path, block, stageIndex, ...(block.controller ? { blockIndex: gated++ } : {}) };
    blocks.push(blockShape(place, sizePx, walk));
    sizePx = blocks[blocks.length - 1]?.outSizePx ?? sizePx;
  }

  const exits = (architecture.exits ?? []).map(({ afterBlock, head }, e): ExitShape => {
    const path = `exit${e}`;
    const own = walk.sequence(path, head.units, blocks[afterBlock]?.outSizePx ?? stemOutSizePx);
    return { path, head, afterBlock, units: own.units, sizePx: own.outSizePx };
  });
  const head = walk.sequence('head', architecture.head.units, sizePx);
  return {
    imageSizePx,
    stem: stem.units,
    stemOutSizePx,
    blocks,
    exits,
    head: head.units,
    headSizePx: head.outSizePx,
  };
}

type BlockPlace = Pick<BlockShape, 'path' | 'block' | 'stageIndex' | 'blockIndex'>;

function blockShape(place: BlockPlace, inSizePx: number, walk: ShapeWalk): BlockShape {
  const { block, path } = place;
  const shortcut =
    block.shortcut.kind === 'projection'
      ? walk.unit(`${path}.shortcut`, block.shortcut.unit, inSizePx)
      : undefined;
  const paths = block.subBlocks.map((subBlock, n) =>
    walk.sequence(`${path}.subblock${n}`, subBlock.units, inSizePx),
  );
  const outSizePx = paths[0]?.outSizePx ?? inSizePx;
  paths.forEach((each, n) => {
    walk.expectSize(`${path}.subblock${n}`, each.outSizePx, `subblock0's ${outSizePx} px`, outSizePx);
  });
  const shortcutSizePx = shortcut?.outSizePx ?? bareShortcutSizePx(block.shortcut, inSizePx);
  if (shortcutSizePx !== undefined) {
    walk.expectSize(`${path}.shortcut`, shortcutSizePx, `the sub-blocks' ${outSizePx} px`, outSizePx);
  }
  return {
    ...place,
    inSizePx,
    outSizePx,
    inChannels: blockInChannels(block),
    outChannels: blockOutChannels(block),
    ...(shortcut ? { shortcut } : {}),
    subBlocks: paths.map((each) => each.units),
  };
}

/** Side of the output map of a shortcut without a convolution; undefined if there is none. */
function bareShortcutSizePx(shortcut: Shortcut, inSizePx: number): number | undefined {
  switch (shortcut.kind) {
    case 'identity':
      return inSizePx;
    case 'pad':
      return Math.ceil(inSizePx / shortcut.stride);
    case 'projection':
    case 'none':
      return undefined;
    default:
      return shortcut satisfies never;
  }
}

/** Computes sizes, and stops at the first impossible map: all later ones would be wrong too. */
class ShapeWalk {
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  window(path: string, window: SlidingWindow, inSizePx: number): number {
    const outSizePx = windowOutSizePx(inSizePx, window);
    if (outSizePx >= 1) return outSizePx;
    const { kernelSize, stride, padding } = window;
    throw new ArchitectureError(
      this.#what,
      [
        `${path}: expected a map of at least 1 px, got ${outSizePx} px (window ${kernelSize}, stride ${stride}, padding ${paddingText(padding)} on ${inSizePx} px)`,
      ],
      'Use a larger imageSizePx, or fewer or smaller strides.',
    );
  }

  unit(path: string, unit: ConvUnit, inSizePx: number): UnitShape {
    return { path, unit, inSizePx, outSizePx: this.window(path, unit, inSizePx) };
  }

  sequence(
    path: string,
    units: readonly ConvUnit[],
    inSizePx: number,
  ): { units: UnitShape[]; outSizePx: number } {
    let sizePx = inSizePx;
    const shapes = units.map((unit, k) => {
      const shape = this.unit(`${path}.unit${k}`, unit, sizePx);
      sizePx = shape.outSizePx;
      return shape;
    });
    return { units: shapes, outSizePx: sizePx };
  }

  expectSize(path: string, sizePx: number, expected: string, expectedPx: number): void {
    if (sizePx === expectedPx) return;
    throw new ArchitectureError(
      this.#what,
      [`${path}: expected ${expected}, got ${sizePx} px`],
      'Give all paths of a block the same strides, and padding that preserves the size.',
    );
  }
}
