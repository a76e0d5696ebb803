import { type Architecture, convUnit } from '@dmnn/architecture';
import { checkedChoice } from './choice.js';
import { basicBlock } from './residual-block.js';
import { residualStages } from './residual-stages.js';
import { isBottleneckDepth } from './resnet.js';
import { scaledChannels } from './scaled-channels.js';
import { checkedWholeNumber } from './whole-number.js';
import type { Family } from './family.js';
import { residualNames } from './residual-names.js';
import { lastChannels, residualStem, stagesOf } from './residual-shape.js';
import { widthPart, widthProposals } from './width-proposals.js';
import type { NameParts } from './family.js';
import type { NetworkShape } from './network-shape.js';

/** Options of {@link cifarResnet}. */
export interface CifarResNetOptions {
  /** 6n + 2, from 8 to 1202: three stages of n blocks with two convolutions each, the stem, and the classifier. */
  readonly depth: number;
  /** Factor for the 16, 32 and 64 channels, to the nearest whole one. @defaultValue 1 */
  readonly width?: number | undefined;
  /**
   * Shortcut of a block that changes size: a 1×1 convolution, or subsampling with zero padding of the channels.
   * @defaultValue 'projection'
   */
  readonly shortcut?: 'projection' | 'pad' | undefined;
  /** @defaultValue 100 */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 32 */
  readonly imageSizePx?: number | undefined;
}

/**
 * The thin ResNet for CIFAR, with basic blocks.
 *
 * @throws RangeError if the depth is not 6n + 2, or a number is out of range
 * @example
 * ```ts
 * import { cifarResnet } from '@dmnn/backbones';
 *
 * const network = cifarResnet({ depth: 20, classes: 10 });
 * console.log(network.name, network.stages.map((stage) => stage.blocks.length)); // => cifar-resnet20 [ 3, 3, 3 ]
 * ```
 * @see He et al. 2016, Deep Residual Learning for Image Recognition, §4.2
 */
export function cifarResnet(options: CifarResNetOptions): Architecture {
  const { depth, width = 1, shortcut = 'projection', classes = 100, imageSizePx = 32 } = options;
  if (!isCifarDepth(depth)) {
    throw new RangeError(
      `depth: expected 6n + 2 from 8 to 1202 (8, 14, 20, 32, 44, 56, 110, …), got ${depth}.`,
    );
  }
  checkedChoice('shortcut', shortcut, ['projection', 'pad']);
  const channels = [16, 32, 64].map((base) => scaledChannels(base, width, 'nearest'));
  const stemChannels = scaledChannels(16, width, 'nearest');
  const plans = channels.map((stageChannels, index) => ({
    depth: (depth - 2) / 6,
    width: stageChannels,
    outChannels: stageChannels,
    stride: index === 0 ? 1 : 2,
  }));
  const name = [
    `cifar-resnet${depth}`,
    isBottleneckDepth(depth) ? '-basic' : '', // without a suffix the name means the network of bottlenecks
    width === 1 ? '' : `-${width}`,
    shortcut === 'pad' ? '-pad' : '',
  ];
  return {
    name: name.join(''),
    imageSizePx: checkedWholeNumber('imageSizePx', imageSizePx, 'pixels'),
    inChannels: 3,
    stem: { units: [convUnit(3, 3, stemChannels)] },
    stages: residualStages(stemChannels, plans, (block) => basicBlock({ ...block, shortcut })),
    head: {
      units: [],
      inFeatures: channels.at(-1) ?? stemChannels,
      classes: checkedWholeNumber('classes', classes, 'classes'),
    },
  };
}

/** Whether a thin CIFAR network has this depth: 6n + 2 from 8 to 1202, He et al.'s deepest. */
function isCifarDepth(depth: number): boolean {
  return depth % 6 === 2 && depth >= 8 && depth <= 1202;
}

/** `cifar-resnet20`, `cifar-resnet20-0.5-pad`, `cifar-resnet50-basic` */
export const cifarResnetFamily: Family = {
  form: 'cifar-resnet{6n+2}[-basic][-WIDTH][-pad]',
  example: 'cifar-resnet20',
  names: [
    'cifar-resnet8',
    'cifar-resnet14',
    'cifar-resnet20',
    'cifar-resnet32',
    'cifar-resnet44',
    'cifar-resnet56',
  ],
  dividedNames: [
    'dmnn-cifar-resnet8-n2',
    'dmnn-cifar-resnet20-n2',
    'dmnn-cifar-resnet32-n2',
    'dmnn-cifar-resnet44-n2',
    'dmnn-cifar-resnet56-n2',
  ],
  pattern: /^cifar-resnet(?<depth>\d{1,4})(?<basic>-basic)?(?:-(?<width>\d+(?:\.\d+)?))?(?<pad>-pad)?$/,
  // 50 and 152 fit the rule too, but without a suffix they mean the networks of bottlenecks
  accepts: ({ depth, basic }) =>
    isCifarDepth(Number(depth)) && isBottleneckDepth(Number(depth)) === (basic !== undefined),
  blocks: ['basic'],
  slimmable: true,
  build: ({ depth, width, pad }, { classes, imageSizePx }) =>
    cifarResnet({
      depth: Number(depth),
      width: Number(width ?? 1),
      shortcut: pad ? 'pad' : 'projection',
      classes,
      imageSizePx,
    }),
  proposals: cifarResnetProposals,
  pretrainedNames: residualNames,
};

/** Shortcuts without weights where the size changes are padded. */
function cifarResnetProposals(shape: NetworkShape): NameParts[] {
  const stem = residualStem(shape, 3);
  const { depths, kind } = stagesOf(shape);
  const depth = 6 * (depths[0] ?? 0) + 2;
  if (stem === undefined || depths.length !== 3 || kind !== 'basic' || !isCifarDepth(depth)) return [];
  const pad = shape.stages.flat().some(({ shortcut }) => shortcut) ? undefined : '-pad';
  const basic = isBottleneckDepth(depth) ? '-basic' : undefined;
  const layers = [
    [stem, 16],
    [lastChannels(shape), 64],
  ] as const;
  return widthProposals(layers).map((width) => ({
    depth: String(depth),
    basic,
    width: widthPart(width),
    pad,
  }));
}
