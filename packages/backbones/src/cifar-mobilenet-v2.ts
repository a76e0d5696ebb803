import { type Architecture, convUnit } from '@dmnn/architecture';
import {
  dividedMobilenetName,
  mobilenetNames,
  mobilenetOptions,
  mobilenetProposals,
  mobilenetV2,
} from './mobilenet-v2.js';
import type { Family } from './family.js';

/** Options of {@link cifarMobilenetV2}. */
export interface CifarMobileNetV2Options {
  /** Factor for all channels. @defaultValue 1 */
  readonly width?: number | undefined;
  /** Rounding of scaled channels, as in `mobilenetV2`. @defaultValue 'divisor-8' */
  readonly rounding?: 'divisor-8' | 'floor' | undefined;
  /** @defaultValue 100 */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 32 */
  readonly imageSizePx?: number | undefined;
}

/**
 * ImageNet's MobileNetV2 for CIFAR's small images: the convolution of the stem has stride 1 instead of 2; the rest is
 * unchanged. For an image of 32 pixels, the maps of its last blocks are 2 × 2.
 *
 * @throws RangeError if a number is out of range
 * @example
 * ```ts
 * import { cifarMobilenetV2 } from '@dmnn/backbones';
 *
 * const network = cifarMobilenetV2({ width: 1.4 });
 * console.log(network.name, network.stem.units[0]?.stride); // => cifar-mobilenetv2-1.4 1
 * ```
 * @see Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks, Table 2
 */
export function cifarMobilenetV2(options: CifarMobileNetV2Options = {}): Architecture {
  const { classes = 100, imageSizePx = 32 } = options;
  const network = mobilenetV2({ ...options, classes, imageSizePx });
  const stemChannels = network.stem.units[0]?.outChannels ?? 32;
  return {
    ...network,
    name: `cifar-${network.name}`,
    stem: { units: [convUnit(3, 3, stemChannels, { activation: 'relu6' })] },
  };
}

/** `cifar-mobilenetv2`, `cifar-mobilenetv2-1.4` */
export const cifarMobilenetV2Family: Family = {
  form: 'cifar-mobilenetv2[-WIDTH][-floor|-divisor8]',
  example: 'cifar-mobilenetv2',
  names: ['cifar-mobilenetv2', 'cifar-mobilenetv2-1.4'],
  dividedNames: ['dmnn-cifar-mobilenetv2-n2', 'dmnn-cifar-mobilenetv2-1.4-n2'],
  pattern: /^cifar-mobilenetv2(?:-(?<width>\d+(?:\.\d+)?))?(?:-(?<rounding>floor|divisor8))?$/,
  blocks: ['inverted-residual'],
  slimmable: true,
  build: (parts, options) => cifarMobilenetV2(mobilenetOptions(parts, options)),
  dividedName: dividedMobilenetName,
  proposals: mobilenetProposals,
  pretrainedNames: mobilenetNames,
};
