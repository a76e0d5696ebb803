import { type Block, blockOutChannels } from '@dmnn/architecture';
import { channelShares } from './channel-shares.js';
import type { HiddenChannels } from './hidden-channels.js';
import { matchedWidth } from './matched-width.js';
import type { SubBlockWidth } from './narrowed-sub-block.js';
import { paperWidth } from './paper-width.js';
import { SubdivideError } from './subdivide-error.js';

/**
 * How wide sub-blocks are. Named rules:
 * - `paper`: the widths behind the paper's tables, for N up to 4;
 * - `solver`: N sub-blocks have the parameters of the block (Eq. 1 = Eq. 2), to the nearest channel;
 * - `share`: hidden channels divided by N (Eq. 3).
 *
 * For basic and inverted-residual blocks the three are the same. A list gives the hidden channels of every sub-block,
 * one number per stage.
 */
export type SubBlockWidths = 'paper' | 'solver' | 'share' | readonly number[];

/** Widths of a block's N sub-blocks. Throws SubdivideError if none fit. */
export function subBlockWidths(
  block: Block,
  hidden: HiddenChannels,
  subBlocks: number,
  rule: 'default' | 'paper' | 'solver' | 'share' | number,
): SubBlockWidth[] {
  if (typeof rule === 'number') return givenWidths(hidden, subBlocks, rule);
  const { channels, groups } = hidden;
  if (subBlocks === 1) return [{ channels, groups }];
  const depthWise = groups === channels;
  if (groups > 1 && !depthWise) return groupShares(hidden, subBlocks, rule);
  if (block.kind !== 'bottleneck' || rule === 'share') {
    return channelShares(channels, subBlocks).map((share) => ({
      channels: share,
      groups: depthWise ? share : 1,
    }));
  }
  const width = bottleneckWidth(block, hidden, subBlocks, rule);
  return Array.from({ length: subBlocks }, () => ({ channels: width, groups: depthWise ? width : 1 }));
}

function bottleneckWidth(
  block: Block,
  { channels, units }: HiddenChannels,
  subBlocks: number,
  rule: 'default' | 'paper' | 'solver',
): number {
  // Widths are one per stage, so the stage's regular block counts, also for the one that enters with fewer channels.
  const outChannels = blockOutChannels(block);
  const likeThePapers = outChannels === 4 * channels && subBlocks <= 4;
  if (rule === 'paper' || (rule === 'default' && likeThePapers)) return paperWidth(channels, subBlocks);
  const kernelSize = units[1]?.kernelSize ?? 3;
  return matchedWidth({ inChannels: outChannels, width: channels, outChannels, kernelSize }, subBlocks);
}

/** Whole groups go to the sub-blocks: groups do not mix channels, so parameters and function stay those of the block. */
function groupShares({ channels, groups }: HiddenChannels, subBlocks: number, rule: string): SubBlockWidth[] {
  if (rule === 'paper') {
    throw new SubdivideError(
      `widths: expected 'share', 'solver' or a list for grouped convolutions, got 'paper', which has no widths for them.`,
    );
  }
  if (groups < subBlocks) {
    throw new SubdivideError(
      `subBlocks: expected at most ${groups}, the groups of the inner convolution, got ${subBlocks}. ` +
        `Use fewer sub-blocks, a backbone with more groups, or give widths as a list.`,
    );
  }
  return channelShares(groups, subBlocks).map((share) => ({
    channels: (share * channels) / groups,
    groups: share,
  }));
}

function givenWidths(
  { channels, groups }: HiddenChannels,
  subBlocks: number,
  width: number,
): SubBlockWidth[] {
  const depthWise = groups === channels;
  const widths = Array.from({ length: subBlocks }, (_, part) => {
    const share = Math.max(1, Math.floor(groups / subBlocks) + (part < groups % subBlocks ? 1 : 0));
    return { channels: width, groups: depthWise ? width : share };
  });
  const misfit = widths.find((part) => part.channels % part.groups !== 0);
  if (misfit) {
    throw new SubdivideError(
      `widths: expected a multiple of the sub-block's ${misfit.groups} groups, got ${width}. ` +
        `Use a multiple, or 'share', which gives whole groups to the sub-blocks.`,
    );
  }
  return widths;
}
