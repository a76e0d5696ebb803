import { type Architecture, type Stem, convUnit } from '@dmnn/architecture';
import { checkedChoice } from './choice.js';
import { type StrideOn, basicBlock, bottleneckBlock } from './residual-block.js';
import { type StagePlan, residualStages } from './residual-stages.js';
import { scaledChannels } from './scaled-channels.js';
import { checkedWholeNumber } from './whole-number.js';
import type { Family } from './family.js';
import { residualNames } from './residual-names.js';
import { groupsOf, lastChannels, residualStem, stagesOf } from './residual-shape.js';
import { widthPart, widthProposals } from './width-proposals.js';
import type { NameParts } from './family.js';
import type { NetworkShape } from './network-shape.js';

/** Depths with bottleneck blocks. */
export type BottleneckDepth = 50 | 101 | 152;

/** Depths of {@link resnet}: 18 and 34 have basic blocks, 50 and more bottlenecks. */
export type ResNetDepth = 18 | 34 | BottleneckDepth;

/** Options of {@link resnet}. */
export interface ResNetOptions {
  readonly depth: ResNetDepth;
  /** Factor for all channels, rounded to the nearest integer. @defaultValue 1 */
  readonly width?: number | undefined;
  /** Convolution with the stride, for bottlenecks; in basic blocks it is always the first 3×3. @defaultValue '3x3' */
  readonly strideOn?: StrideOn | undefined;
  /** @defaultValue 1000 */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 224 */
  readonly imageSizePx?: number | undefined;
}

/**
 * ResNet for ImageNet, at any width.
 *
 * @throws RangeError if the depth is not published, or a number is out of range
 * @example
 * ```ts
 * import { resnet } from '@dmnn/backbones';
 *
 * const network = resnet({ depth: 50, width: 0.75 });
 * console.log(network.name, network.head.inFeatures); // => resnet50-0.75 1536
 * ```
 * @see He et al. 2016, Deep Residual Learning for Image Recognition, Table 1
 */
export function resnet(options: ResNetOptions): Architecture {
  const { depth, width = 1, strideOn = '3x3', classes = 1000, imageSizePx = 224 } = options;
  checkedChoice('depth', depth, [18, 34, 50, 101, 152]);
  const bottleneck = isBottleneckDepth(depth);
  checkedChoice('strideOn', strideOn, bottleneck ? ['3x3', '1x1'] : ['3x3']); // basic blocks have no 1×1
  const stemChannels = scaledChannels(64, width, 'nearest');
  const plans = stageDepths(depth).map((stageDepth, index): StagePlan => {
    const stageWidth = scaledChannels(64 * 2 ** index, width, 'nearest');
    const outChannels = bottleneck ? 4 * stageWidth : stageWidth;
    return { depth: stageDepth, width: stageWidth, outChannels, stride: index === 0 ? 1 : 2 };
  });
  return {
    name: `resnet${depth}${width === 1 ? '' : `-${width}`}${strideOn === '1x1' ? '-stride1x1' : ''}`,
    imageSizePx: checkedWholeNumber('imageSizePx', imageSizePx, 'pixels'),
    inChannels: 3,
    stem: imageNetStem(stemChannels),
    stages: residualStages(stemChannels, plans, (block) =>
      bottleneck
        ? bottleneckBlock({ ...block, groups: 1, strideOn })
        : basicBlock({ ...block, shortcut: 'projection' }),
    ),
    head: {
      units: [],
      inFeatures: plans.at(-1)?.outChannels ?? stemChannels,
      classes: checkedWholeNumber('classes', classes, 'classes'),
    },
  };
}

/** Whether ResNets of this depth have bottlenecks. */
export function isBottleneckDepth(depth: number): depth is BottleneckDepth {
  return depth === 50 || depth === 101 || depth === 152;
}

/** Blocks of each of the four stages. */
export function stageDepths(depth: ResNetDepth): readonly number[] {
  switch (depth) {
    case 18:
      return [2, 2, 2, 2];
    case 34:
    case 50:
      return [3, 4, 6, 3];
    case 101:
      return [3, 4, 23, 3];
    case 152:
      return [3, 8, 36, 3];
  }
}

/** A 7×7 convolution with stride 2 and a 3×3 max pool with stride 2: a map has a quarter of the image's side. */
export function imageNetStem(channels: number): Stem {
  return {
    units: [convUnit(7, 3, channels, { stride: 2 })],
    pool: { kernelSize: 3, stride: 2, padding: 1 },
  };
}

/** `resnet50`, `resnet50-0.75`, `resnet50-stride1x1` */
export const resnetFamily: Family = {
  form: 'resnet{18|34|50|101|152}[-WIDTH][-stride1x1]',
  example: 'resnet50',
  names: [
    'resnet18',
    'resnet34',
    'resnet50',
    'resnet101',
    'resnet152',
    'resnet50-0.75',
    'resnet50-stride1x1',
  ],
  dividedNames: [
    'dmnn-resnet18-n2',
    'dmnn-resnet34-n2',
    'dmnn50-n2',
    'dmnn50-n3',
    'dmnn50-n4',
    'dmnn50-n2-lanes',
    'dmnn50-n4-lanes',
    'dmnn101-n2',
    'dmnn101-n4',
    'dmnn152-n2',
  ],
  pattern: /^resnet(?<depth>18|34|50|101|152)(?:-(?<width>\d+(?:\.\d+)?))?(?<original>-stride1x1)?$/,
  blocks: ['basic', 'bottleneck'],
  slimmable: true,
  build: ({ depth, width, original }, { classes, imageSizePx }) =>
    resnet({
      depth: Number(depth) as ResNetDepth,
      width: Number(width ?? 1),
      strideOn: original ? '1x1' : '3x3',
      classes,
      imageSizePx,
    }),
  // the paper's DMNN-50 is a divided ResNet-50
  dividedName: (name) => (/^resnet(?:50|101|152)\b/.test(name) ? name.replace('resnet', '') : `-${name}`),
  proposals: resnetProposals,
  pretrainedNames: residualNames,
};

/** The stride of a bottleneck is where torchvision has it, or where He et al. have it: its weights are the same. */
function resnetProposals(shape: NetworkShape): NameParts[] {
  const stem = residualStem(shape, 7);
  const depth = depthOf(shape);
  if (stem === undefined || depth === undefined || (groupsOf(shape)?.groups ?? 1) > 1) return [];
  const strides = isBottleneckDepth(depth) ? [undefined, '-stride1x1'] : [undefined];
  const layers = [
    [stem, 64],
    [lastChannels(shape), isBottleneckDepth(depth) ? 2048 : 512],
  ] as const;
  return widthProposals(layers).flatMap((width) =>
    strides.map((original) => ({ depth: String(depth), width: widthPart(width), original })),
  );
}

/** The depth of a network of four stages, by its number of blocks and their kind; undefined if none is published. */
export function depthOf(shape: NetworkShape): ResNetDepth | undefined {
  const { depths, kind } = stagesOf(shape);
  return ([18, 34, 50, 101, 152] as const).find(
    (depth) =>
      stageDepths(depth).join() === depths.join() &&
      kind === (isBottleneckDepth(depth) ? 'bottleneck' : 'basic'),
  );
}
