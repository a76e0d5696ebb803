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
 * - `share`: hidden channels divided by N (Eq. 3);
 * - `lanes`: the multiple of 16 at or next above the default width, so that a processor's lanes are filled; 304 for
 *   ResNet-50's last stage and N = 2 (307). More MACs, but less time for each.
 *
 * The first three differ only for bottlenecks. If hidden channels do not mix within the block (basic blocks, inverted
 * residuals) or only within groups (ResNeXt), `share` already has the parameters of the block, and they give it.
 *
 * A list gives the hidden channels of each sub-block, one number per stage.
 */
export type SubBlockWidths = 'paper' | 'solver' | 'share' | 'lanes' | readonly number[];

/** The rule of {@link SubBlockWidths} for one stage; undefined is the default. */
export type WidthRule = 'paper' | 'solver' | 'share' | 'lanes' | number | undefined;

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
  if (rule === 'lanes') return inLanes(subBlockWidths(block, hidden, subBlocks, undefined));
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

const LANES = 16;

/** Widths that fill lanes. A convolution of groups that is not depth-wise keeps its groups, so it cannot be widened. */
function inLanes(widths: readonly SubBlockWidth[]): SubBlockWidth[] {
  return widths.map(({ channels, groups }) => {
    const filled = channels === NEAR_WIDTH ? NEAR_WIDTH - 3 : Math.ceil(channels / LANES) * LANES;
    if (groups === 1 || groups === channels) return { channels: filled, groups: groups === 1 ? 1 : filled };
    throw subdivideError(
      `widths: expected a rule for grouped convolutions, got 'lanes': their channels lie in ${groups} groups. ` +
        `Use 'share', which divides whole groups.`,
    );
  });
}

const NEAR_WIDTH = 307; // the paper's widest of N = 2: 304 is nearly as wide, and 320 would cost 4 % more

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
