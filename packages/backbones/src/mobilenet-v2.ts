import { type Architecture, type Block, type Stage, convUnit } from '@dmnn/architecture';
import { checkedChoice } from './choice.js';
import { scaledChannels } from './scaled-channels.js';
import { checkedWholeNumber } from './whole-number.js';

/** What {@link mobilenetV2} builds. */
export interface MobileNetV2Options {
  /** Factor for all channels. @defaultValue 1 */
  readonly width?: number;
  /**
   * How scaled channels become whole: to a multiple of 8 as in MobileNetV2's own code, or down as in the paper's
   * counts. At width 1 they agree. @defaultValue 'divisor-8'
   */
  readonly rounding?: 'divisor-8' | 'floor';
  /** @defaultValue 1000 */
  readonly classes?: number;
  /** Side of the image, in pixels. @defaultValue 224 */
  readonly imageSizePx?: number;
}

/** The rows of the paper's table, grouped by the resolution they put out: a quarter and finer, /8, /16, /32. */
const resolutions = [
  [
    { expansion: 1, channels: 16, depth: 1, stride: 1 },
    { expansion: 6, channels: 24, depth: 2, stride: 2 },
  ],
  [{ expansion: 6, channels: 32, depth: 3, stride: 2 }],
  [
    { expansion: 6, channels: 64, depth: 4, stride: 2 },
    { expansion: 6, channels: 96, depth: 3, stride: 1 },
  ],
  [
    { expansion: 6, channels: 160, depth: 3, stride: 2 },
    { expansion: 6, channels: 320, depth: 1, stride: 1 },
  ],
] as const;

/**
 * MobileNetV2 at any width. Its stages are resolutions, so that the category loss has four as in ResNet.
 *
 * @throws RangeError if a number is out of range
 * @example
 * ```ts
 * import { mobilenetV2 } from '@dmnn/backbones';
 *
 * const network = mobilenetV2({ width: 1.4 });
 * console.log(network.name, network.head.inFeatures); // => mobilenetv2-1.4 1792
 * ```
 * @see Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks, Table 2
 */
export function mobilenetV2(options: MobileNetV2Options = {}): Architecture {
  const { width = 1, rounding = 'divisor-8', classes = 1000, imageSizePx = 224 } = options;
  checkedChoice('rounding', rounding, ['divisor-8', 'floor']);
  const scaled = (channels: number) => scaledChannels(channels, width, rounding);
  const stemChannels = scaled(32);
  let inChannels = stemChannels;
  const stages = resolutions.map((rows): Stage => {
    const blocks = rows.flatMap(({ expansion, channels, depth, stride }) =>
      Array.from({ length: depth }, (_, index) => {
        const outChannels = scaled(channels);
        const block = invertedResidual({
          inChannels,
          outChannels,
          expansion,
          stride: index === 0 ? stride : 1,
        });
        inChannels = outChannels;
        return block;
      }),
    );
    return { blocks };
  });
  // the last convolution grows with the network, but does not shrink
  const lastChannels = scaledChannels(1280, Math.max(1, width), rounding);
  return {
    name: `mobilenetv2${width === 1 ? '' : `-${width}`}${width !== 1 && rounding === 'floor' ? '-floor' : ''}`,
    imageSizePx: checkedWholeNumber('imageSizePx', imageSizePx, 'pixels'),
    inChannels: 3,
    stem: { units: [convUnit(3, 3, stemChannels, { stride: 2, activation: 'relu6' })] },
    stages,
    head: {
      units: [convUnit(1, inChannels, lastChannels, { activation: 'relu6' })],
      inFeatures: lastChannels,
      classes: checkedWholeNumber('classes', classes, 'classes'),
    },
  };
}

function invertedResidual(options: {
  inChannels: number;
  outChannels: number;
  expansion: number;
  stride: number;
}): Block {
  const { inChannels, outChannels, expansion, stride } = options;
  const hidden = inChannels * expansion;
  const expand = expansion === 1 ? [] : [convUnit(1, inChannels, hidden, { activation: 'relu6' })];
  return {
    kind: 'inverted-residual',
    shortcut: { kind: stride === 1 && inChannels === outChannels ? 'identity' : 'none' },
    subBlocks: [
      {
        units: [
          ...expand,
          convUnit(3, hidden, hidden, { stride, groups: hidden, activation: 'relu6' }),
          convUnit(1, hidden, outChannels, { activation: 'none' }),
        ],
      },
    ],
    activation: 'none',
  };
}
