import { isDmnnError } from '@dmnn/foundation';
import type { Block, SubBlock } from '@dmnn/architecture';
import { hiddenChannels } from './hidden-channels.js';
import { narrowedSubBlock } from './narrowed-sub-block.js';
import { type WidthRule, subBlockWidths } from './sub-block-widths.js';
import { subdivideError } from './subdivide-error.js';

/**
 * The N sub-blocks of a block. Throws DmnnError `DMNN_SUBDIVIDE` with the block, its channels and the problem.
 *
 * @param path - path of the block, such as `stage0.block0`
 */
export function dividedPaths(block: Block, path: string, subBlocks: number, rule: WidthRule): SubBlock[] {
  const channels = (block.subBlocks[0]?.units ?? []).map((unit) => unit.outChannels);
  try {
    const hidden = hiddenChannels(block);
    checkEnough(hidden.channels, subBlocks);
    return subBlockWidths(block, hidden, subBlocks, rule).map((width) => narrowedSubBlock(hidden, width));
  } catch (error) {
    if (!isDmnnError(error, 'DMNN_SUBDIVIDE')) throw error;
    throw subdivideError(
      `${path} (${block.kind}, ${channels.join(' → ')} channels) into ${subBlocks} sub-blocks: ${error.message}`,
    );
  }
}

/** Checked even if a list gives the widths: it also prevents a mistyped N from filling the memory. */
function checkEnough(channels: number, subBlocks: number): void {
  if (subBlocks <= channels) return;
  throw subdivideError(
    `subBlocks: no width fits, expected at most ${channels}, one for each hidden channel, got ${subBlocks}. ` +
      `Use fewer sub-blocks or a wider network.`,
  );
}
