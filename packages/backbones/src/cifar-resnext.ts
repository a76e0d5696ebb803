import { type Architecture, convUnit } from '@dmnn/architecture';
import { bottleneckBlock } from './residual-block.js';
import { residualStages } from './residual-stages.js';
import { scaledChannels } from './scaled-channels.js';
import { checkedWholeNumber } from './whole-number.js';
import type { Family } from './family.js';
import { residualNames } from './residual-names.js';
import { groupsOf, lastChannels, residualStem, stagesOf } from './residual-shape.js';
import { widthPart, widthProposals } from './width-proposals.js';
import type { NameParts } from './family.js';
import type { NetworkShape } from './network-shape.js';

/** Options of {@link cifarResnext}: `cifar-resnext29-8x64d` is depth 29, 8 groups, group width 64. */
export interface CifarResNeXtOptions {
  /**
   * 9n + 2, from 11 to 1001: three stages of n bottlenecks with three convolutions each, the stem, and the
   * classifier.
   */
  readonly depth: number;
  /** Groups of every 3×3 convolution: the cardinality. */
  readonly groups: number;
  /** Channels per group in the first stage, before {@link CifarResNeXtOptions.width}; doubled at each stage. */
  readonly groupWidth: number;
  /** Factor for all channels, including those of groups, rounded to the nearest integer. @defaultValue 1 */
  readonly width?: number | undefined;
  /** @defaultValue 100 */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 32 */
  readonly imageSizePx?: number | undefined;
}

/**
 * ResNeXt for CIFAR: a 3×3 convolution of 64 channels, then three stages of bottlenecks with 256, 512 and 1024 channels.
 * At a quarter of the width its cost is similar to that of the thin ResNets: `cifar-resnext29-2x40d-0.25` costs 47.5
 * M multiply–accumulates, `cifar-resnet20` 40.8 M.
 *
 * @throws RangeError if the depth is not 9n + 2, or a number is out of range
 * @example
 * ```ts
 * import { cifarResnext } from '@dmnn/backbones';
 *
 * const network = cifarResnext({ depth: 29, groups: 4, groupWidth: 24, width: 0.25 });
 * const grouped = network.stages.map(({ blocks }) => blocks[0]?.subBlocks[0]?.units[1]?.outChannels);
 * console.log(network.name, grouped); // => cifar-resnext29-4x24d-0.25 [ 24, 48, 96 ]
 * ```
 * @see Xie et al. 2017, Aggregated Residual Transformations for Deep Neural Networks, §5.3
 */
export function cifarResnext(options: CifarResNeXtOptions): Architecture {
  const { depth, groups, groupWidth, width = 1, classes = 100, imageSizePx = 32 } = options;
  if (!isCifarBottleneckDepth(depth)) {
    throw new RangeError(`depth: expected 9n + 2 from 11 to 1001 (11, 20, 29, 47, 56, …), got ${depth}.`);
  }
  checkedWholeNumber('groups', groups, 'groups of the 3×3 convolutions');
  const widthOfGroup = scaledChannels(
    checkedWholeNumber('groupWidth', groupWidth, 'channels of a group'),
    width,
    'nearest',
  );
  const stemChannels = scaledChannels(64, width, 'nearest');
  const plans = [256, 512, 1024].map((channels, index) => ({
    depth: (depth - 2) / 9,
    width: groups * widthOfGroup * 2 ** index,
    outChannels: scaledChannels(channels, width, 'nearest'),
    stride: index === 0 ? 1 : 2,
  }));
  return {
    name: `cifar-resnext${depth}-${groups}x${groupWidth}d${width === 1 ? '' : `-${width}`}`,
    imageSizePx: checkedWholeNumber('imageSizePx', imageSizePx, 'pixels'),
    inChannels: 3,
    stem: { units: [convUnit(3, 3, stemChannels)] },
    stages: residualStages(stemChannels, plans, (block) =>
      bottleneckBlock({ ...block, groups, strideOn: '3x3' }),
    ),
    head: {
      units: [],
      inFeatures: plans.at(-1)?.outChannels ?? stemChannels,
      classes: checkedWholeNumber('classes', classes, 'classes'),
    },
  };
}

/** Whether a CIFAR network of bottlenecks has this depth: 9n + 2 from 11 to 1001. */
function isCifarBottleneckDepth(depth: number): boolean {
  return depth % 9 === 2 && depth >= 11 && depth <= 1001;
}

/** `cifar-resnext29-8x64d`, `cifar-resnext29-2x40d-0.25` */
export const cifarResnextFamily: Family = {
  form: 'cifar-resnext{9n+2}-{GROUPS}x{GROUPWIDTH}d[-WIDTH]',
  example: 'cifar-resnext29-8x64d',
  names: [
    'cifar-resnext29-8x64d',
    'cifar-resnext29-2x40d-0.25',
    'cifar-resnext29-4x24d-0.25',
    'cifar-resnext47-2x40d-0.25',
  ],
  dividedNames: [],
  pattern: /^cifar-resnext(?<depth>\d{1,4})-(?<groups>\d+)x(?<groupWidth>\d+)d(?:-(?<width>\d+(?:\.\d+)?))?$/,
  accepts: ({ depth }) => isCifarBottleneckDepth(Number(depth)),
  blocks: ['bottleneck'],
  slimmable: false, // a narrow group is not a slice of a wide one
  build: ({ depth, groups, groupWidth, width }, { classes, imageSizePx }) =>
    cifarResnext({
      depth: Number(depth),
      groups: Number(groups),
      groupWidth: Number(groupWidth),
      width: Number(width ?? 1),
      classes,
      imageSizePx,
    }),
  proposals: cifarResnextProposals,
  pretrainedNames: residualNames,
};

function cifarResnextProposals(shape: NetworkShape): NameParts[] {
  const stem = residualStem(shape, 3);
  const { depths } = stagesOf(shape);
  const depth = 9 * (depths[0] ?? 0) + 2;
  const grouped = groupsOf(shape);
  if (stem === undefined || depths.length !== 3 || !grouped || !isCifarBottleneckDepth(depth)) return [];
  const layers = [
    [stem, 64],
    [lastChannels(shape), 1024],
  ] as const;
  return widthProposals(layers).flatMap((width) =>
    groupWidths(grouped.groupWidth, width).map((groupWidth) => ({
      depth: String(depth),
      groups: String(grouped.groups),
      groupWidth: String(groupWidth),
      width: widthPart(width),
    })),
  );
}

/** Widths of a group that are scaled to this one: the name has the width before; the quotient first. */
function groupWidths(scaled: number, width: number): number[] {
  const quotient = Math.round(scaled / width);
  return [0, 1, -1, 2, -2]
    .map((difference) => quotient + difference)
    .filter((each) => each * width >= 1 && scaledChannels(each, width, 'nearest') === scaled);
}
