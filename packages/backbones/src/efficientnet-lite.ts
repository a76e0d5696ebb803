import { type Architecture, type Block, type Stage, convUnit, placedBlocks } from '@dmnn/architecture';
import { checkedChoice } from './choice.js';
import type { Family, NameParts, PretrainedLibrary, PretrainedNames } from './family.js';
import { timmInvertedNames } from './mobilenet-v2.js';
import type { NetworkShape } from './network-shape.js';
import { scaledChannels } from './scaled-channels.js';
import { checkedWholeNumber } from './whole-number.js';

/** Number in the name of an EfficientNet-Lite. */
export type EfficientNetLiteVariant = 0 | 1 | 2 | 3 | 4;

/** Options of {@link efficientnetLite}. */
export interface EfficientNetLiteOptions {
  /** Which of the five. @defaultValue 0 */
  readonly variant?: EfficientNetLiteVariant | undefined;
  /** @defaultValue 1000 */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue the variant's: 224, 240, 260, 280 or 300 */
  readonly imageSizePx?: number | undefined;
}

/** Factors for channels and for the number of blocks of a row, and the side of the image. */
const variants: {
  readonly [variant in EfficientNetLiteVariant]: readonly [width: number, depth: number, imageSizePx: number];
} = {
  0: [1, 1, 224],
  1: [1, 1.1, 240],
  2: [1.1, 1.2, 260],
  3: [1.2, 1.4, 280],
  4: [1.4, 1.8, 300],
};

/** The rows of the table of EfficientNet-B0, grouped by output resolution: a quarter and finer, /8, /16, /32. */
const resolutions = [
  [
    { kernelSize: 3, expansion: 1, channels: 16, depth: 1, stride: 1 },
    { kernelSize: 3, expansion: 6, channels: 24, depth: 2, stride: 2 },
  ],
  [{ kernelSize: 5, expansion: 6, channels: 40, depth: 2, stride: 2 }],
  [
    { kernelSize: 3, expansion: 6, channels: 80, depth: 3, stride: 2 },
    { kernelSize: 5, expansion: 6, channels: 112, depth: 3, stride: 1 },
  ],
  [
    { kernelSize: 5, expansion: 6, channels: 192, depth: 4, stride: 2 },
    { kernelSize: 3, expansion: 6, channels: 320, depth: 1, stride: 1 },
  ],
] as const;

const rows = resolutions.flat();
const STEM_CHANNELS = 32; // stem and head are not scaled
const LAST_CHANNELS = 1280;

/** TensorFlow's padding, and ε of its batch norms. */
const asInTensorFlow = { padding: 'same', epsilon: 1e-3 } as const;

/**
 * EfficientNet-Lite: EfficientNet without squeeze-and-excitation and with ReLU6, for phones. The stem, the last
 * convolution, and the numbers of blocks of the first and the last row are the same in all five. Each resolution is a stage,
 * so that the category loss has four stages as in ResNet.
 *
 * Windows of stride 2 are padded as TensorFlow does, by the size of the map.
 *
 * @throws RangeError if a number is out of range
 * @example
 * ```ts
 * import { efficientnetLite } from '@dmnn/backbones';
 *
 * const network = efficientnetLite({ variant: 2 });
 * console.log(network.name, network.imageSizePx, network.head.inFeatures); // => efficientnet-lite2 260 1280
 * ```
 * @see Tan and Le 2019, EfficientNet, Table 1; tensorflow/tpu, `models/official/efficientnet/lite`
 */
export function efficientnetLite(options: EfficientNetLiteOptions = {}): Architecture {
  const { variant = 0, classes = 1000 } = options;
  checkedChoice('variant', variant, [0, 1, 2, 3, 4]);
  const [width, depthFactor, designedPx] = variants[variant];
  const { imageSizePx = designedPx } = options;
  let inChannels = STEM_CHANNELS;
  const stages = resolutions.map((ofStage): Stage => ({
    blocks: ofStage.flatMap((row) => {
      const outChannels = scaledChannels(row.channels, width, 'divisor-8');
      return Array.from({ length: depthOf(row, depthFactor) }, (_, index) => {
        const stride = index === 0 ? row.stride : 1;
        const block = invertedResidual({ ...row, inChannels, outChannels, stride });
        inChannels = outChannels;
        return block;
      });
    }),
  }));
  return {
    name: `efficientnet-lite${variant}`,
    imageSizePx: checkedWholeNumber('imageSizePx', imageSizePx, 'pixels'),
    inChannels: 3,
    stem: {
      units: [convUnit(3, 3, STEM_CHANNELS, { stride: 2, activation: 'relu6', ...asInTensorFlow })],
    },
    stages,
    head: {
      units: [convUnit(1, inChannels, LAST_CHANNELS, { activation: 'relu6', ...asInTensorFlow })],
      inFeatures: LAST_CHANNELS,
      classes: checkedWholeNumber('classes', classes, 'classes'),
    },
  };
}

/** Blocks of a row; the first and the last keep theirs. */
function depthOf(row: (typeof rows)[number], factor: number): number {
  return row === rows[0] || row === rows.at(-1) ? row.depth : Math.ceil(row.depth * factor);
}

function invertedResidual(options: {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly expansion: number;
  readonly kernelSize: number;
  readonly stride: number;
}): Block {
  const { inChannels, outChannels, expansion, kernelSize, stride } = options;
  const hidden = inChannels * expansion;
  const relu6 = { activation: 'relu6', ...asInTensorFlow } as const;
  return {
    kind: 'inverted-residual',
    shortcut: { kind: stride === 1 && inChannels === outChannels ? 'identity' : 'none' },
    subBlocks: [
      {
        units: [
          ...(expansion === 1 ? [] : [convUnit(1, inChannels, hidden, relu6)]),
          convUnit(kernelSize, hidden, hidden, { stride, groups: hidden, ...relu6 }),
          convUnit(1, hidden, outChannels, { ...relu6, activation: 'none' }),
        ],
      },
    ],
    activation: 'none',
  };
}

/** `efficientnet-lite0` to `efficientnet-lite4` */
export const efficientnetLiteFamily: Family = {
  form: 'efficientnet-lite{0|1|2|3|4}',
  example: 'efficientnet-lite0',
  names: [
    'efficientnet-lite0',
    'efficientnet-lite1',
    'efficientnet-lite2',
    'efficientnet-lite3',
    'efficientnet-lite4',
  ],
  dividedNames: ['dmnn-efficientnet-lite0-n2', 'dmnn-efficientnet-lite0-n4', 'dmnn-efficientnet-lite4-n2'],
  pattern: /^efficientnet-lite(?<variant>[0-4])$/,
  blocks: ['inverted-residual'],
  slimmable: false, // its names have no width
  build: ({ variant }, { classes, imageSizePx }) =>
    efficientnetLite({ variant: Number(variant) as EfficientNetLiteVariant, classes, imageSizePx }),
  proposals,
  pretrainedNames,
};

function proposals({ stages, head }: NetworkShape): NameParts[] {
  const blocks = stages.flat();
  const isMade = (variant: EfficientNetLiteVariant): boolean => {
    const [, depth] = variants[variant];
    return rows.reduce((sum, row) => sum + depthOf(row, depth), 0) === blocks.length;
  };
  if (head.length !== 1 || !blocks.every(({ kind }) => kind === 'inverted-residual')) return [];
  return ([0, 1, 2, 3, 4] as const).filter(isMade).map((variant) => ({ variant: String(variant) }));
}

/**
 * Names in timm (`tf_efficientnet_lite0`), and in PyPI's `efficientnet-lite-pytorch`, whose code is that of
 * `efficientnet-pytorch`.
 */
function pretrainedNames(
  architecture: Architecture,
  library: PretrainedLibrary,
): PretrainedNames | undefined {
  const variant = ([0, 1, 2, 3, 4] as const).find((each) => isLite(architecture, each));
  if (variant === undefined) return undefined;
  switch (library) {
    case 'timm': {
      const [, depth] = variants[variant];
      return timmInvertedNames(
        placedBlocks(architecture),
        rows.map((row) => depthOf(row, depth)),
      );
    }
    case 'efficientnet-pytorch':
      return efficientnetPytorchNames(architecture);
    case 'torchvision':
    case 'pytorch-cifar':
      return undefined;
    default:
      return library satisfies never;
  }
}

function isLite({ stem, stages, head }: Architecture, variant: EfficientNetLiteVariant): boolean {
  const own = efficientnetLite({ variant, classes: head.classes });
  return JSON.stringify([stem, stages, head]) === JSON.stringify([own.stem, own.stages, own.head]);
}

/** There blocks are numbered through. */
function efficientnetPytorchNames(architecture: Architecture): PretrainedNames {
  const names: Record<string, readonly [string, string]> = { 'stem.unit0': ['_conv_stem', '_bn0'] };
  for (const [index, { block, path }] of placedBlocks(architecture).entries()) {
    const units = block.subBlocks[0]?.units.length ?? 0;
    const layers = [
      ['_expand_conv', '_bn0'],
      ['_depthwise_conv', '_bn1'],
      ['_project_conv', '_bn2'],
    ].slice(-units);
    for (const [unit, [convolution = '', norm = '']] of layers.entries()) {
      const at = `_blocks.${index}`;
      names[`${path}.subblock0.unit${unit}`] = [`${at}.${convolution}`, `${at}.${norm}`];
    }
  }
  return { ...names, 'head.unit0': ['_conv_head', '_bn1'], 'head.linear': '_fc' };
}
