import { type Architecture, type ConvUnit, placedBlocks } from '@dmnn/architecture';

/**
 * Channels inside a block that can be removed: one convolution makes them, depth-wise ones may filter each alone, and one
 * convolution takes them.
 */
export interface ChannelGroup {
  /** Path of the convolution that makes them, as in names of variables: `stage0.block0.subblock0.unit0`. */
  readonly path: string;
  /** Paths of the depth-wise convolutions between; empty in ResNets. */
  readonly depthwise: readonly string[];
  /** Path of the convolution that takes them. */
  readonly consumer: string;
  /** How many there are. */
  readonly channels: number;
}

/**
 * The channels of a network that can be removed without touching a residual sum: all that stay inside a block. What a
 * block's last convolution gives is added to its shortcut, so those channels stay; so do those of grouped convolutions,
 * whose groups would not be equal any more.
 *
 * @returns in the order in which an image passes them
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { channelGroups } from '@dmnn/trainer/internal';
 *
 * const groups = channelGroups(createArchitecture('resnet50'));
 * console.log(groups.length, groups[0]?.consumer); // => 32 stage0.block0.subblock0.unit1
 * ```
 */
export function channelGroups(architecture: Architecture): ChannelGroup[] {
  return placedBlocks(architecture).flatMap(({ block, path }) =>
    block.subBlocks.flatMap(({ units }, n) => groupsIn(units, `${path}.subblock${n}`)),
  );
}

function groupsIn(units: readonly ConvUnit[], path: string): ChannelGroup[] {
  const groups: ChannelGroup[] = [];
  for (let first = 0; first < units.length - 1; first++) {
    const unit = units[first] as ConvUnit;
    if (unit.groups !== 1) continue;
    let consumer = first + 1;
    while (consumer < units.length && isDepthwise(units[consumer] as ConvUnit)) consumer++;
    if (units[consumer]?.groups !== 1) continue;
    const between = Array.from({ length: consumer - first - 1 }, (_, i) => `${path}.unit${first + 1 + i}`);
    groups.push({
      path: `${path}.unit${first}`,
      depthwise: between,
      consumer: `${path}.unit${consumer}`,
      channels: unit.outChannels,
    });
  }
  return groups;
}

function isDepthwise({ groups, inChannels, outChannels }: ConvUnit): boolean {
  return groups > 1 && groups === inChannels && inChannels === outChannels;
}
