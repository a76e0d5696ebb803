import {
  type Architecture,
  type Block,
  type BlockKind,
  type Controller,
  type ConvUnit,
  type Shortcut,
  convUnit,
  paperController,
} from '@dmnn/architecture';

/** One block of a tiny network. The number of channels changes only with shortcuts other than identity. */
export interface TinyBlock {
  readonly kind: 'bottleneck' | 'grouped-bottleneck' | 'basic' | 'inverted-residual' | 'separable';
  readonly shortcut: 'identity' | 'projection' | 'pad';
  /** N sub-blocks. */
  readonly subBlocks: number;
  /** Whether all have the same width. @defaultValue false */
  readonly even?: boolean | undefined;
  /** Whether the block has a bias. @defaultValue false */
  readonly bias?: boolean | undefined;
  /** If absent, every sub-block always runs. */
  readonly controller?: Controller | undefined;
}

/** Options of {@link tinyArchitecture}. */
export interface TinyOptions {
  /** Channels of the image. @defaultValue 3 */
  readonly inChannels?: number | undefined;
  /** @defaultValue 8 */
  readonly sizePx?: number | undefined;
  /** Channels that a block without identity shortcut adds. @defaultValue 2 */
  readonly growth?: number | undefined;
  /** Whether the stem ends with a max pool. @defaultValue false */
  readonly pool?: boolean | undefined;
  /** Whether the stem's convolution has a bias instead of batch norm. @defaultValue false */
  readonly bias?: boolean | undefined;
  /** Whether the head has a convolution. @defaultValue false */
  readonly headUnit?: boolean | undefined;
  /** Whether the head has a hidden linear layer. @defaultValue false */
  readonly hidden?: boolean | undefined;
}

const blockKinds: { readonly [kind in TinyBlock['kind']]: BlockKind } = {
  bottleneck: 'bottleneck',
  'grouped-bottleneck': 'bottleneck',
  basic: 'basic',
  'inverted-residual': 'inverted-residual',
  separable: 'inverted-residual', // as in the first block of MobileNetV2, which does not expand
};

const START = 4;
const WIDE = 7; // channels of the head's convolution

/** A network of such blocks, with 4 channels after the stem and 5 classes. */
export function tinyArchitecture(blocks: readonly TinyBlock[], options: TinyOptions = {}): Architecture {
  const {
    inChannels = 3,
    sizePx = 8,
    growth = 2,
    pool = false,
    bias = false,
    headUnit = false,
    hidden = false,
  } = options;
  let channels = START;
  const stages = blocks.map((tiny) => {
    const stride = tiny.shortcut === 'identity' ? 1 : 2;
    const outChannels = tiny.shortcut === 'identity' ? channels : channels + growth;
    const block: Block = {
      kind: blockKinds[tiny.kind],
      activation: blockKinds[tiny.kind] === 'inverted-residual' ? 'none' : 'relu',
      shortcut: shortcutOf(tiny.shortcut, channels, outChannels),
      subBlocks: Array.from({ length: tiny.subBlocks }, (_, n) => ({
        units: unitsOf(tiny.kind, channels, outChannels, stride, tiny.even ? 2 : 2 * (n + 1)),
      })),
      ...(tiny.bias === true && { bias: true }),
      ...(tiny.controller && { controller: tiny.controller }),
    };
    channels = outChannels;
    return { blocks: [block] };
  });
  const units = [convUnit(3, inChannels, START, { bias, batchNorm: !bias })];
  return {
    name: 'tiny',
    imageSizePx: sizePx,
    inChannels,
    stem: pool ? { units, pool: { kernelSize: 3, stride: 2, padding: 1 } } : { units },
    stages,
    head: {
      units: headUnit ? [convUnit(1, channels, WIDE, { activation: 'relu6' })] : [],
      inFeatures: headUnit ? WIDE : channels,
      ...(hidden && { hidden: [{ features: 6, activation: 'relu' }] }),
      classes: 5,
    },
  };
}

/** Two bottlenecks of two sub-blocks with the paper's controllers. */
export function tinyDynamic(): Architecture {
  const common = { kind: 'bottleneck', subBlocks: 2, controller: paperController } as const;
  return tinyArchitecture([
    { ...common, shortcut: 'projection' },
    { ...common, shortcut: 'identity' },
  ]);
}

function shortcutOf(kind: TinyBlock['shortcut'], inChannels: number, outChannels: number): Shortcut {
  if (kind === 'identity') return { kind };
  if (kind === 'pad') return { kind, stride: 2, outChannels };
  return { kind, unit: convUnit(1, inChannels, outChannels, { stride: 2, activation: 'none' }) };
}

function unitsOf(
  kind: TinyBlock['kind'],
  inChannels: number,
  outChannels: number,
  stride: number,
  hidden: number,
): ConvUnit[] {
  switch (kind) {
    case 'bottleneck':
    case 'grouped-bottleneck':
      return [
        convUnit(1, inChannels, 2 * hidden),
        convUnit(3, 2 * hidden, 2 * hidden, { stride, groups: kind === 'bottleneck' ? 1 : 2 }),
        convUnit(1, 2 * hidden, outChannels, { activation: 'none' }),
      ];
    case 'basic':
      return [
        convUnit(3, inChannels, hidden, { stride }),
        convUnit(3, hidden, outChannels, { activation: 'none' }),
      ];
    case 'inverted-residual':
      return [
        convUnit(1, inChannels, hidden, { activation: 'relu6' }),
        convUnit(3, hidden, hidden, { stride, groups: hidden, activation: 'relu6' }),
        convUnit(1, hidden, outChannels, { activation: 'none' }),
      ];
    case 'separable':
      return [
        convUnit(3, inChannels, inChannels, { stride, groups: inChannels, activation: 'relu6' }),
        convUnit(1, inChannels, outChannels, { activation: 'none' }),
      ];
  }
}
