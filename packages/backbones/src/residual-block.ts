import { type Block, type Shortcut, convUnit } from '@dmnn/architecture';

/** The convolution of a bottleneck that has its stride: the 3×3 (torchvision) or the first 1×1 (He et al.). */
export type StrideOn = '3x3' | '1x1';

/** Channels and stride of a residual block. */
export interface ResidualBlockOptions {
  readonly inChannels: number;
  /** Channels between the block's convolutions. */
  readonly width: number;
  readonly outChannels: number;
  readonly stride: number;
}

/** A block of 1×1, 3×3 and 1×1 convolutions; the 3×3 is grouped in ResNeXt. */
export function bottleneckBlock(
  options: ResidualBlockOptions & { readonly groups: number; readonly strideOn: StrideOn },
): Block {
  const { inChannels, width, outChannels, stride, groups, strideOn } = options;
  return {
    kind: 'bottleneck',
    shortcut: projectionIfNeeded(options),
    subBlocks: [
      {
        units: [
          convUnit(1, inChannels, width, { stride: strideOn === '1x1' ? stride : 1 }),
          convUnit(3, width, width, { stride: strideOn === '3x3' ? stride : 1, groups }),
          convUnit(1, width, outChannels, { activation: 'none' }),
        ],
      },
    ],
    activation: 'relu',
  };
}

/** A block of two 3×3 convolutions. */
export function basicBlock(
  options: ResidualBlockOptions & { readonly shortcut: 'projection' | 'pad' },
): Block {
  const { inChannels, width, outChannels, stride, shortcut } = options;
  const changes = stride !== 1 || inChannels !== outChannels;
  return {
    kind: 'basic',
    shortcut:
      shortcut === 'pad' && changes ? { kind: 'pad', stride, outChannels } : projectionIfNeeded(options),
    subBlocks: [
      {
        units: [
          convUnit(3, inChannels, width, { stride }),
          convUnit(3, width, outChannels, { activation: 'none' }),
        ],
      },
    ],
    activation: 'relu',
  };
}

function projectionIfNeeded({ inChannels, outChannels, stride }: ResidualBlockOptions): Shortcut {
  if (stride === 1 && inChannels === outChannels) return { kind: 'identity' };
  return { kind: 'projection', unit: convUnit(1, inChannels, outChannels, { stride, activation: 'none' }) };
}
