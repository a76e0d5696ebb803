import {
  type Architecture,
  type Block,
  type Controller,
  type ConvUnit,
  type Shortcut,
  convUnit,
  paperController,
} from '@dmnn/architecture';

/** One block of a tiny network. Channels stay as they are unless it is the kind of shortcut that changes them. */
export interface TinyBlock {
  readonly kind: 'bottleneck' | 'grouped-bottleneck' | 'basic' | 'inverted-residual';
  readonly shortcut: 'identity' | 'projection' | 'pad';
  /** N sub-blocks; they differ in width. */
  readonly subBlocks: number;
  readonly controller: Controller;
}

const START = 4;

/** A network of such blocks on images of 8 px: 4 channels at first, 2 more after each block that is no identity. */
export function tinyArchitecture(blocks: readonly TinyBlock[], sizePx = 8): Architecture {
  let channels = START;
  const stages = blocks.map((tiny) => {
    const stride = tiny.shortcut === 'identity' ? 1 : 2;
    const outChannels = tiny.shortcut === 'identity' ? channels : channels + 2;
    const block: Block = {
      kind: tiny.kind === 'grouped-bottleneck' ? 'bottleneck' : tiny.kind,
      activation: tiny.kind === 'inverted-residual' ? 'none' : 'relu',
      shortcut: shortcutOf(tiny.shortcut, channels, outChannels),
      subBlocks: Array.from({ length: tiny.subBlocks }, (_, n) => ({
        units: unitsOf(tiny.kind, channels, outChannels, stride, n),
      })),
      controller: tiny.controller,
    };
    channels = outChannels;
    return { blocks: [block] };
  });
  return {
    name: 'tiny',
    imageSizePx: sizePx,
    inChannels: 3,
    stem: { units: [convUnit(3, 3, START)] },
    stages,
    head: { units: [], inFeatures: channels, classes: 5 },
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
  n: number,
): ConvUnit[] {
  const hidden = 2 * (n + 1);
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
  }
}
