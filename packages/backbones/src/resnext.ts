import type { Architecture } from '@dmnn/architecture';
import { checkedChoice } from './choice.js';
import { bottleneckBlock } from './residual-block.js';
import { residualStages } from './residual-stages.js';
import { type BottleneckDepth, depthOf, imageNetStem, stageDepths } from './resnet.js';
import { checkedWholeNumber } from './whole-number.js';
import type { Family } from './family.js';
import { residualNames } from './residual-names.js';
import { groupsOf, residualStem } from './residual-shape.js';
import type { NameParts } from './family.js';
import type { NetworkShape } from './network-shape.js';

/** Options of {@link resnext}: `resnext50-32x4d` is depth 50, 32 groups, group width 4. */
export interface ResNeXtOptions {
  readonly depth: BottleneckDepth;
  /** Groups of every 3×3 convolution: the cardinality. */
  readonly groups: number;
  /** Channels per group in the first stage; doubled at each stage. */
  readonly groupWidth: number;
  /** @defaultValue 1000 */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 224 */
  readonly imageSizePx?: number | undefined;
}

/**
 * ResNeXt for ImageNet with any number and width of groups, the stride on the 3×3 convolution.
 *
 * @throws RangeError if a number is out of range
 * @example
 * ```ts
 * import { resnext } from '@dmnn/backbones';
 *
 * console.log(resnext({ depth: 50, groups: 2, groupWidth: 40 }).name); // => resnext50-2x40d
 * ```
 * @see Xie et al. 2017, Aggregated Residual Transformations for Deep Neural Networks, Table 1
 */
export function resnext(options: ResNeXtOptions): Architecture {
  const { depth, groups, groupWidth, classes = 1000, imageSizePx = 224 } = options;
  checkedChoice('depth', depth, [50, 101, 152]);
  checkedWholeNumber('groups', groups, 'groups of the 3×3 convolutions');
  checkedWholeNumber('groupWidth', groupWidth, 'channels of a group');
  const plans = stageDepths(depth).map((stageDepth, index) => ({
    depth: stageDepth,
    width: groups * groupWidth * 2 ** index,
    outChannels: 256 * 2 ** index,
    stride: index === 0 ? 1 : 2,
  }));
  return {
    name: `resnext${depth}-${groups}x${groupWidth}d`,
    imageSizePx: checkedWholeNumber('imageSizePx', imageSizePx, 'pixels'),
    inChannels: 3,
    stem: imageNetStem(64),
    stages: residualStages(64, plans, (block) => bottleneckBlock({ ...block, groups, strideOn: '3x3' })),
    head: { units: [], inFeatures: 2048, classes: checkedWholeNumber('classes', classes, 'classes') },
  };
}

/** `resnext50-32x4d` */
export const resnextFamily: Family = {
  form: 'resnext{50|101|152}-{GROUPS}x{WIDTH}d',
  example: 'resnext50-32x4d',
  names: ['resnext50-32x4d', 'resnext50-2x40d', 'resnext50-4x24d', 'resnext101-32x8d', 'resnext101-2x40d'],
  dividedNames: ['dmnn-resnext50-32x4d-n2'],
  pattern: /^resnext(?<depth>50|101|152)-(?<groups>\d+)x(?<groupWidth>\d+)d$/,
  blocks: ['bottleneck'],
  slimmable: false,
  build: ({ depth, groups, groupWidth }, { classes, imageSizePx }) =>
    resnext({
      depth: Number(depth) as BottleneckDepth,
      groups: Number(groups),
      groupWidth: Number(groupWidth),
      classes,
      imageSizePx,
    }),
  proposals: resnextProposals,
  pretrainedNames: residualNames,
};

function resnextProposals(shape: NetworkShape): NameParts[] {
  const depth = depthOf(shape);
  const grouped = groupsOf(shape);
  if (residualStem(shape, 7) === undefined || depth === undefined || !grouped) return [];
  const { groups, groupWidth } = grouped;
  if (groups === 1 && groupWidth === 64) return []; // a ResNet
  return [{ depth: String(depth), groups: String(groups), groupWidth: String(groupWidth) }];
}
