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
} from '@dmnn/architecture';
import { hiddenChannels } from './hidden-channels.js';
import { narrowedSubBlock } from './narrowed-sub-block.js';
import { checkedSubBlockCount } from './sub-block-count.js';
import { type SubBlockWidths, subBlockWidths } from './sub-block-widths.js';
import { SubdivideError } from './subdivide-error.js';

/** How {@link subdivide} divides. */
export interface SubdivideOptions {
  /** N, the sub-blocks of every block: a whole number from 1. One gates each block as a whole. */
  readonly subBlocks: number;
  /**
   * @defaultValue the paper's widths for bottlenecks 4C → C → C → 4C and N up to 4, the solver's for other bottlenecks,
   * the share for everything else
   */
  readonly widths?: SubBlockWidths;
  /** What decides about the sub-blocks. @defaultValue the paper's controller */
  readonly controller?: Controller;
  /** @defaultValue `dmnn-NAME-nN`, with the backbone's name and N */
  readonly name?: string;
}

/**
 * Turns a backbone into a dynamic network: each block becomes N narrow sub-blocks and a controller that opens or
 * closes each of them for each image.
 *
 * Shortcuts are not divided. An inverted residual without a shortcut gets a 1×1 projection with batch norm, so that
 * something passes when all gates are closed; one without expansion (MobileNetV2's first block) stays as it is. Whole
 * groups of grouped convolutions go to the sub-blocks.
 *
 * @param backbone - a network that is not divided yet
 * @returns the dynamic network, with the backbone as `undivided`
 * @throws SubdivideError if N is not a whole number from 1, no width fits, the list of widths does not, or the network
 * is divided already
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
  const { widths, controller = paperController } = options;
  const subBlocks = checkedSubBlockCount(options.subBlocks);
  const { name = `dmnn-${backbone.name}-n${subBlocks}` } = options;
  checkUndivided(backbone);
  if (Array.isArray(widths)) checkWidths(widths, backbone);

  const stages = backbone.stages.map((stage, stageIndex): Stage => {
    const rule = typeof widths === 'object' ? (widths[stageIndex] ?? 'default') : (widths ?? 'default');
    const blocks = stage.blocks.map((block, indexInStage): Block => {
      if (hasNoExpansion(block)) return block;
      const hidden = hiddenChannels(block, `stage${stageIndex}.block${indexInStage}`);
      const parts = subBlockWidths(block, hidden, subBlocks, rule);
      return {
        ...block,
        shortcut: dynamicShortcut(block),
        subBlocks: parts.map((part) => narrowedSubBlock(hidden, part)),
        controller,
      };
    });
    return { ...stage, blocks };
  });
  return { ...backbone, name, stages, undivided: backbone };
}

/** MobileNetV2's first block (t = 1): a depth-wise convolution on the block's own input, and a projection. */
function hasNoExpansion(block: Block): boolean {
  return block.kind === 'inverted-residual' && block.subBlocks[0]?.units.length === 2;
}

function dynamicShortcut(block: Block): Shortcut {
  if (block.shortcut.kind !== 'none') return block.shortcut;
  const stride = blockStride(block);
  const unit = convUnit(1, blockInChannels(block), blockOutChannels(block), { stride, activation: 'none' });
  return { kind: 'projection', unit };
}

function checkUndivided(backbone: Architecture): void {
  const divided = placedBlocks(backbone).find(
    ({ block }) => block.controller || block.subBlocks.length !== 1,
  );
  if (!divided) return;
  throw new SubdivideError(
    `backbone: expected an undivided network, got ${backbone.name}, whose ${divided.path} has ` +
      `${divided.block.subBlocks.length} sub-blocks${divided.block.controller ? ' and a controller' : ''}. ` +
      `Divide its backbone${backbone.undivided ? " (its 'undivided')" : ''} instead.`,
  );
}

function checkWidths(widths: readonly number[], backbone: Architecture): void {
  const stages = backbone.stages.length;
  const whole = widths.every((width) => Number.isSafeInteger(width) && width >= 1);
  if (whole && widths.length === stages) return;
  throw new SubdivideError(
    `widths: expected one whole number from 1 for each of the ${stages} stages of ${backbone.name}, ` +
      `got [${widths.join(', ')}].`,
  );
}
