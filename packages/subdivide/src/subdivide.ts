import {
  type Architecture,
  type Block,
  type Controller,
  type Shortcut,
  type Stage,
  blockInChannels,
  blockOutChannels,
  blockStride,
  convUnit,
  paperController,
  placedBlocks,
  validateArchitecture,
} from '@dmnn/architecture';
import { dividedPaths } from './divided-paths.js';
import { checkedSubBlockCount } from './sub-block-count.js';
import type { SubBlockWidths } from './sub-block-widths.js';
import { subdivideError } from './subdivide-error.js';

/** Options of {@link subdivide}. */
export interface SubdivideOptions {
  /** N, the number of sub-blocks per block, an integer ≥ 1. With one, each block is gated as a whole. */
  readonly subBlocks: number;
  /**
   * @defaultValue the paper's widths for bottlenecks 4C → C → C → 4C and N up to 4, `solver` for other bottlenecks,
   * `share` for all other blocks
   */
  readonly widths?: SubBlockWidths | undefined;
  /** Controller of the sub-blocks. @defaultValue the paper's controller */
  readonly controller?: Controller | undefined;
  /**
   * Whether divided blocks have a bias, for what their sub-blocks give on average ({@link splitWeights} moves it there).
   *
   * @defaultValue false, or what the backbone's block says
   */
  readonly blockBias?: boolean | undefined;
  /** @defaultValue `dmnn-NAME-nN`, with the backbone's name and N */
  readonly name?: string | undefined;
}

/**
 * Turns a backbone into a dynamic network: each block becomes N narrow sub-blocks and a controller that opens or
 * closes each of them per image.
 *
 * Shortcuts are not divided. An inverted residual without a shortcut gets a 1×1 projection with batch norm, so that
 * the block still has an output when all gates are closed; one without expansion (MobileNetV2's first block) stays
 * unchanged. Grouped convolutions are divided into whole groups.
 *
 * @param backbone - an undivided network
 * @returns the dynamic network, with the backbone as `undivided`
 * @throws DmnnError `DMNN_SUBDIVIDE` if N is not an integer ≥ 1, no width or not the list of widths fits, or the
 * network is already divided
 * @throws ArchitectureError if the backbone or the controller is invalid
 * @example
 * ```ts
 * import { subdivide } from '@dmnn/subdivide';
 * import { resnet } from '@dmnn/backbones';
 *
 * const dynamic = subdivide(resnet({ depth: 50 }), { subBlocks: 2, name: 'dmnn50-n2' });
 * const block = dynamic.stages[0]?.blocks[0];
 * console.log(block?.subBlocks.map((subBlock) => subBlock.units[0]?.outChannels)); // => [ 38, 38 ]
 * ```
 * @see DMNN §3.1
 */
export function subdivide(backbone: Architecture, options: SubdivideOptions): Architecture {
  const { widths, blockBias, controller = paperController } = options;
  const subBlocks = checkedSubBlockCount(options.subBlocks);
  checkUndivided(validateArchitecture(backbone));
  const rules = stageRules(widths, backbone);
  const { name = `dmnn-${backbone.name}-n${subBlocks}` } = options;

  const stages = backbone.stages.map((stage, stageIndex): Stage => {
    const blocks = stage.blocks.map((block, indexInStage): Block => {
      if (hasNoExpansion(block)) return block;
      const path = `stage${stageIndex}.block${indexInStage}`;
      return {
        ...block,
        shortcut: dynamicShortcut(block),
        subBlocks: dividedPaths(block, path, subBlocks, rules[stageIndex]),
        ...(blockBias === true && { bias: true }),
        controller,
      };
    });
    return { ...stage, blocks };
  });
  return validateArchitecture({ ...backbone, name, stages, undivided: backbone });
}

/** MobileNetV2's first block (t = 1): a depth-wise convolution on the block's input, and a projection. */
function hasNoExpansion(block: Block): boolean {
  return block.kind === 'inverted-residual' && block.subBlocks[0]?.units.length === 2;
}

function dynamicShortcut(block: Block): Shortcut {
  if (block.shortcut.kind !== 'none') return block.shortcut;
  const stride = blockStride(block);
  // its batch norm is added up with those of the sub-blocks
  const epsilon = block.subBlocks[0]?.units.at(-1)?.epsilon;
  const unit = convUnit(1, blockInChannels(block), blockOutChannels(block), {
    stride,
    epsilon,
    activation: 'none',
  });
  return { kind: 'projection', unit };
}

function checkUndivided(backbone: Architecture): void {
  const divided = placedBlocks(backbone).find(
    ({ block }) => block.controller !== undefined || block.subBlocks.length !== 1,
  );
  if (!divided && !backbone.undivided) return;
  const where = divided
    ? `, whose ${divided.path} has ${divided.block.subBlocks.length} gated sub-blocks`
    : '';
  throw subdivideError(
    `backbone: expected an undivided network, got ${backbone.name}${where}. ` +
      `Divide its backbone${backbone.undivided ? `, its 'undivided': ${backbone.undivided.name}` : ''}.`,
  );
}

/** The rule for each stage. */
function stageRules(
  widths: SubBlockWidths | undefined,
  backbone: Architecture,
): (number | 'paper' | 'solver' | 'share' | 'lanes' | undefined)[] {
  const stages = backbone.stages.length;
  if (typeof widths === 'object') {
    const whole = widths.every((width) => Number.isSafeInteger(width) && width >= 1);
    if (whole && widths.length === stages) return [...widths];
  } else if (widths === undefined || ['paper', 'solver', 'share', 'lanes'].includes(widths)) {
    return Array.from({ length: stages }, () => widths);
  }
  throw subdivideError(
    `widths: expected 'paper', 'solver', 'share', 'lanes', or one integer ≥ 1 for each of the ${stages} stages of ` +
      `${backbone.name}, got ${typeof widths === 'object' ? `[${widths.join(', ')}]` : `'${widths}'`}.`,
  );
}
