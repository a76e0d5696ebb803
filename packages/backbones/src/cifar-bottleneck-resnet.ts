import { type Architecture, convUnit } from '@dmnn/architecture';
import { checkedChoice } from './choice.js';
import { type BottleneckDepth, depthOf, isBottleneckDepth, resnet } from './resnet.js';
import type { Family } from './family.js';
import { residualNames } from './residual-names.js';
import { lastChannels, residualStem } from './residual-shape.js';
import { widthPart, widthProposals } from './width-proposals.js';
import type { NameParts } from './family.js';
import type { NetworkShape } from './network-shape.js';

/** Options of {@link cifarBottleneckResnet}. */
export interface CifarBottleneckResNetOptions {
  readonly depth: BottleneckDepth;
  /** Factor for all channels, rounded to the nearest integer. @defaultValue 1 */
  readonly width?: number | undefined;
  /** @defaultValue 100 */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 32 */
  readonly imageSizePx?: number | undefined;
}

/**
 * ImageNet's ResNet-50, -101 or -152 for CIFAR's small images: the stem is a 3×3 convolution with stride 1 and a 3×3
 * max pool with stride 2; the rest is unchanged. ResNet-50 has 0.33 G multiply–accumulates at 32 pixels, as in the
 * paper.
 *
 * @throws RangeError if the network of this depth has no bottlenecks, or a number is out of range
 * @example
 * ```ts
 * import { cifarBottleneckResnet } from '@dmnn/backbones';
 *
 * const network = cifarBottleneckResnet({ depth: 50 });
 * console.log(network.name, network.stem.units[0]?.kernelSize); // => cifar-resnet50 3
 * ```
 * @see DMNN §4.3; the stem is derived from the paper's FLOPs
 */
export function cifarBottleneckResnet(options: CifarBottleneckResNetOptions): Architecture {
  const { depth, width = 1, classes = 100, imageSizePx = 32 } = options;
  checkedChoice('depth', depth, [50, 101, 152]);
  const network = resnet({ depth, width, classes, imageSizePx });
  const stemChannels = network.stem.units[0]?.outChannels ?? 64;
  return {
    ...network,
    name: `cifar-${network.name}`,
    stem: { ...network.stem, units: [convUnit(3, 3, stemChannels)] },
  };
}

/** `cifar-resnet50`, `cifar-resnet50-0.25` */
export const cifarBottleneckResnetFamily: Family = {
  form: 'cifar-resnet{50|101|152}[-WIDTH]',
  example: 'cifar-resnet50',
  names: ['cifar-resnet50'],
  dividedNames: ['dmnn-cifar-resnet50-n2'],
  pattern: /^cifar-resnet(?<depth>50|101|152)(?:-(?<width>\d+(?:\.\d+)?))?$/,
  blocks: ['bottleneck'],
  slimmable: true,
  build: ({ depth, width }, { classes, imageSizePx }) =>
    cifarBottleneckResnet({
      depth: Number(depth) as BottleneckDepth,
      width: Number(width ?? 1),
      classes,
      imageSizePx,
    }),
  proposals: cifarBottleneckProposals,
  pretrainedNames: residualNames,
};

function cifarBottleneckProposals(shape: NetworkShape): NameParts[] {
  const stem = residualStem(shape, 3);
  const depth = depthOf(shape);
  if (stem === undefined || depth === undefined || !isBottleneckDepth(depth)) return [];
  const layers = [
    [stem, 64],
    [lastChannels(shape), 2048],
  ] as const;
  return widthProposals(layers).map((width) => ({ depth: String(depth), width: widthPart(width) }));
}
