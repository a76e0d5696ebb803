import { type Block, blockOutChannels } from '@dmnn/architecture';
import { channelShares } from './channel-shares.js';
import type { HiddenChannels } from './hidden-channels.js';
import { matchedWidth } from './matched-width.js';
import type { SubBlockWidth } from './narrowed-sub-block.js';
import { paperWidth } from './paper-width.js';
import { subdivideError } from './subdivide-error.js';

/**
 * The widths of sub-blocks. Named rules:
 * - `paper`: the widths behind the paper's tables, for N up to 4;
 * - `solver`: N sub-blocks have the number of parameters of the block (Eq. 1 = Eq. 2), to the nearest channel;
 * - `share`: hidden channels divided by N (Eq. 3).
 *
 * They differ only for bottlenecks. If hidden channels do not mix within the block (basic blocks, inverted residuals)
 * or only within groups (ResNeXt), `share` already has the parameters of the block, and all three rules give it.
 *
 * A list gives the hidden channels of each sub-block, one number per stage.
 */
export type SubBlockWidths = 'paper' | 'solver' | 'share' | readonly number[];

/** The rule of {@link SubBlockWidths} for one stage; undefined is the default. */
export type WidthRule = 'paper' | 'solver' | 'share' | number | undefined;

/** Widths of a block's N sub-blocks. Throws DmnnError `DMNN_SUBDIVIDE` if no widths fit. */
export function subBlockWidths(
  block: Block,
  hidden: HiddenChannels,
  subBlocks: number,
  rule: WidthRule,
): SubBlockWidth[] {
  const { channels, groups } = hidden;
  if (typeof rule === 'number') return givenWidths(hidden, subBlocks, rule);
  if (subBlocks === 1) return [{ channels, groups }];
  if (groups > 1) return groupShares(hidden, subBlocks);
  if (block.kind !== 'bottleneck' || rule === 'share') {
    return channelShares(channels, subBlocks).map((share) => ({ channels: share, groups: 1 }));
  }
  const width = bottleneckWidth(block, hidden, subBlocks, rule);
  return Array.from({ length: subBlocks }, () => ({ channels: width, groups: 1 }));
}

function bottleneckWidth(
  block: Block,
  { channels, units }: HiddenChannels,
  subBlocks: number,
  rule: 'paper' | 'solver' | undefined,
): number {
  // There is one width per stage, so the regular block determines it, also for the first block with fewer input
  // channels.
  const outChannels = blockOutChannels(block);
  const hasPaperWidth = outChannels === 4 * channels && subBlocks <= 4;
  if (rule === 'paper' || (rule === undefined && hasPaperWidth)) return paperWidth(channels, subBlocks);
  const kernelSize = units[1]?.kernelSize ?? 3;
  return matchedWidth({ inChannels: outChannels, width: channels, outChannels, kernelSize }, subBlocks);
}

/**
 * Sub-blocks get whole groups (of one channel each in a depth-wise convolution), because groups do not mix channels.
 */
function groupShares({ channels, groups }: HiddenChannels, subBlocks: number): SubBlockWidth[] {
  if (groups < subBlocks) {
    throw subdivideError(
      `subBlocks: expected at most ${groups}, the groups of the inner convolution, got ${subBlocks}. ` +
        `Use fewer sub-blocks, a backbone with more groups, or a list of widths.`,
    );
  }
  return channelShares(groups, subBlocks).map((share) => ({
    channels: (share * channels) / groups,
    groups: share,
  }));
}

/**
 * Sub-blocks of a given width; each has its share of the block's groups, at least one; in depth-wise convolutions,
 * one group per channel.
 */
function givenWidths(
  { channels, groups }: HiddenChannels,
  subBlocks: number,
  width: number,
): SubBlockWidth[] {
  const depthWise = groups > 1 && groups === channels;
  const shares = groups < subBlocks ? undefined : channelShares(groups, subBlocks);
  return Array.from({ length: subBlocks }, (_, part) => {
    const share = depthWise ? width : (shares?.[part] ?? 1);
    if (width % share === 0) return { channels: width, groups: share };
    throw subdivideError(
      `widths: expected a multiple of the sub-block's ${share} groups, got ${width}. ` +
        `Use a multiple, or 'share', which divides whole groups.`,
    );
  });
}
