import {
  type Architecture,
  type Block,
  type PlacedBlock,
  type Stage,
  convUnit,
  placedBlocks,
} from '@dmnn/architecture';
import { checkedChoice } from './choice.js';
import { scaledChannels } from './scaled-channels.js';
import { checkedWholeNumber } from './whole-number.js';
import type { BuildOptions, Family, NameParts, PretrainedLibrary, PretrainedNames } from './family.js';
import type { NetworkShape } from './network-shape.js';
import { widthPart, widthProposals } from './width-proposals.js';

/** Options of {@link mobilenetV2}. */
export interface MobileNetV2Options {
  /** Factor for all channels. @defaultValue 1 */
  readonly width?: number | undefined;
  /**
   * Rounding of scaled channels: to a multiple of 8 as in MobileNetV2's code, or down as in the paper's counts. Both
   * agree at width 1. @defaultValue 'divisor-8'
   */
  readonly rounding?: 'divisor-8' | 'floor' | undefined;
  /** @defaultValue 1000 */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 224 */
  readonly imageSizePx?: number | undefined;
}

/** The rows of the paper's table, grouped by output resolution: a quarter and finer, /8, /16, /32. */
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
 * MobileNetV2 at any width. Each resolution is a stage, so that the category loss has four stages as in ResNet.
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

/** `mobilenetv2`, `mobilenetv2-1.4`, `mobilenetv2-1.4-floor` */
export const mobilenetV2Family: Family = {
  form: 'mobilenetv2[-WIDTH][-floor|-divisor8]',
  example: 'mobilenetv2',
  names: ['mobilenetv2', 'mobilenetv2-0.75', 'mobilenetv2-1.4'],
  dividedNames: ['dmnn-mobilenetv2-n2', 'dmnn-mobilenetv2-1.4-n2'],
  pattern: /^mobilenetv2(?:-(?<width>\d+(?:\.\d+)?))?(?:-(?<rounding>floor|divisor8))?$/,
  blocks: ['inverted-residual'],
  slimmable: true,
  build: (parts, options) => mobilenetV2(mobilenetOptions(parts, options)),
  dividedName: dividedMobilenetName,
  proposals: mobilenetProposals,
  pretrainedNames: mobilenetNames,
};

/** Names of MobileNetV2s, by the channels that their last blocks have. */
export function mobilenetProposals({ stem, stages, head }: NetworkShape): NameParts[] {
  const blocks = stages.flat();
  const last = blocks.at(-1)?.units.at(-1)?.outChannels;
  const stemChannels = stem[0]?.outChannels ?? 0;
  const inverted = blocks.every(({ kind }) => kind === 'inverted-residual');
  if (!inverted || last === undefined || stem.length !== 1 || head.length !== 1) return [];

  return (['divisor-8', 'floor'] as const).flatMap((rounding) =>
    widthProposals(
      [
        [stemChannels, 32],
        [last, 320],
      ],
      rounding,
    ).map((width) => ({
      width: widthPart(width),
      rounding: rounding === 'floor' && width !== 1 ? 'floor' : undefined,
    })),
  );
}

/**
 * Channels are rounded down in networks that will be divided, because this gives the counts of the paper's dynamic
 * networks.
 */
export function mobilenetOptions(
  { width, rounding }: NameParts,
  { classes, imageSizePx, divided }: BuildOptions,
): MobileNetV2Options {
  const floor = rounding === undefined ? divided : rounding === 'floor';
  return { width: Number(width ?? 1), rounding: floor ? 'floor' : 'divisor-8', classes, imageSizePx };
}

/** The name of a divided network implies rounding down unless it says otherwise. */
export function dividedMobilenetName(name: string): string {
  if (name.endsWith('-floor')) return `-${name.slice(0, -'-floor'.length)}`;
  return name.endsWith('mobilenetv2') ? `-${name}` : `-${name}-divisor8`; // at width 1 they are the same
}

/** Names of the variables of a MobileNetV2 in torchvision and timm. */
export function mobilenetNames(
  architecture: Architecture,
  library: PretrainedLibrary,
): PretrainedNames | undefined {
  const { stem, head } = architecture;
  const blocks = placedBlocks(architecture);
  const inverted = blocks.every(({ block }) => block.kind === 'inverted-residual');
  if (!inverted || blocks.length === 0 || stem.units.length !== 1 || head.units.length !== 1)
    return undefined;
  switch (library) {
    case 'torchvision':
      return torchvisionNames(blocks);
    case 'timm':
      return timmInvertedNames(
        blocks,
        resolutions.flat().map(({ depth }) => depth),
      );
    case 'pytorch-cifar':
      return undefined; // its MobileNetV2 has other shortcuts
    case 'efficientnet-pytorch':
      return undefined; // it has none
    default:
      return library satisfies never;
  }
}

/** In torchvision, stem, blocks and last convolution are numbered consecutively. */
function torchvisionNames(blocks: readonly PlacedBlock[]): PretrainedNames {
  const names: Record<string, readonly [string, string]> = { 'stem.unit0': ['features.0.0', 'features.0.1'] };
  for (const [index, { block, path }] of blocks.entries()) {
    const units = unitsOf(block);
    for (let unit = 0; unit < units; unit++) {
      const at = `features.${index + 1}.conv`;
      // all except the last are grouped with their activation
      names[`${path}.subblock0.unit${unit}`] =
        unit < units - 1 ? [`${at}.${unit}.0`, `${at}.${unit}.1`] : [`${at}.${unit}`, `${at}.${unit + 1}`];
    }
  }
  const last = blocks.length + 1;
  return {
    ...names,
    'head.unit0': [`features.${last}.0`, `features.${last}.1`],
    'head.linear': 'classifier.1',
  };
}

/**
 * Names of a network of inverted residuals in timm, where the first number is the row of the paper's table.
 *
 * @param depths - blocks of each row
 */
export function timmInvertedNames(
  blocks: readonly PlacedBlock[],
  depths: readonly number[],
): PretrainedNames | undefined {
  const places = depths.flatMap((depth, row) =>
    Array.from({ length: depth }, (_, i) => `blocks.${row}.${i}`),
  );
  if (blocks.length !== places.length) return undefined;
  const names: Record<string, readonly [string, string]> = { 'stem.unit0': ['conv_stem', 'bn1'] };
  for (const [index, { block, path }] of blocks.entries()) {
    const convolutions = unitsOf(block) === 3 ? ['conv_pw', 'conv_dw', 'conv_pwl'] : ['conv_dw', 'conv_pw'];
    for (const [unit, convolution] of convolutions.entries()) {
      const at = places[index] ?? '';
      names[`${path}.subblock0.unit${unit}`] = [`${at}.${convolution}`, `${at}.bn${unit + 1}`];
    }
  }
  return { ...names, 'head.unit0': ['conv_head', 'bn2'], 'head.linear': 'classifier' };
}

function unitsOf({ subBlocks }: Block): number {
  return subBlocks[0]?.units.length ?? 0;
}
