import { type Architecture, type Block, type ConvUnit, convUnit } from '@dmnn/architecture';
import { type Network, type Weights, createNetwork } from '@dmnn/network';

/** Families of blocks whose trained weights are divided. */
export type SmallKind = 'basic' | 'inverted-residual' | 'bottleneck';

/** An undivided network of two or three narrow blocks of one family, for images of 8×8 pixels and 4 classes. */
export function smallNetwork(kind: SmallKind, hidden: number): Architecture {
  const blocks = {
    basic: [basic(5, hidden, 5), basic(5, hidden, 6, 2)],
    'inverted-residual': [inverted(5, 5, 4), inverted(4, hidden, 6, 2), inverted(6, hidden, 6)],
    bottleneck: [bottleneck(5, hidden, 12), bottleneck(12, hidden, 12)],
  }[kind];
  const last = blocks.at(-1)?.subBlocks[0]?.units.at(-1)?.outChannels ?? 0;
  return {
    name: `small-${kind}`,
    imageSizePx: 8,
    inChannels: 3,
    stem: { units: [convUnit(3, 3, 5)] },
    stages: [{ blocks }],
    head: { units: [], inFeatures: last, classes: 4 },
  };
}

/** Weights as if trained: batch norms far from where they start. */
export async function wildWeights(architecture: Architecture, seed: number): Promise<Weights> {
  const network: Network = createNetwork(architecture, { seed });
  const weights = await network.weights();
  let state = seed + 1;
  const random = (): number => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
  for (const [name, { data }] of weights) {
    const draw = drawFor(name, random);
    if (draw) for (let i = 0; i < data.length; i++) data[i] = draw();
  }
  network.dispose();
  return weights;
}

function drawFor(name: string, random: () => number): (() => number) | undefined {
  if (name.endsWith('.gamma')) return () => (random() < 0.2 ? -1 : 1) * (0.2 + random());
  if (name.endsWith('.beta') || name.endsWith('.movingMean')) return () => 2 * random() - 1;
  if (name.endsWith('.movingVariance')) return () => 10 ** (3 * random() - 2);
  return undefined;
}

function blockOf(kind: Block['kind'], units: readonly ConvUnit[]): Block {
  const inChannels = units[0]?.inChannels ?? 0;
  const outChannels = units.at(-1)?.outChannels ?? 0;
  const stride = units.reduce((product, unit) => product * unit.stride, 1);
  const projection = convUnit(1, inChannels, outChannels, { stride, activation: 'none' });
  const same = stride === 1 && inChannels === outChannels;
  return {
    kind,
    shortcut: same
      ? { kind: 'identity' }
      : kind === 'inverted-residual'
        ? { kind: 'none' }
        : { kind: 'projection', unit: projection },
    subBlocks: [{ units }],
    activation: kind === 'inverted-residual' ? 'none' : 'relu',
  };
}

function basic(inChannels: number, hidden: number, outChannels: number, stride = 1): Block {
  return blockOf('basic', [
    convUnit(3, inChannels, hidden, { stride }),
    convUnit(3, hidden, outChannels, { activation: 'none' }),
  ]);
}

function bottleneck(inChannels: number, hidden: number, outChannels: number): Block {
  return blockOf('bottleneck', [
    convUnit(1, inChannels, hidden),
    convUnit(3, hidden, hidden),
    convUnit(1, hidden, outChannels, { activation: 'none' }),
  ]);
}

/** Without expansion where the hidden channels are those that enter. */
function inverted(inChannels: number, hidden: number, outChannels: number, stride = 1): Block {
  const activation = 'relu6' as const;
  return blockOf('inverted-residual', [
    ...(hidden === inChannels ? [] : [convUnit(1, inChannels, hidden, { activation })]),
    convUnit(3, hidden, hidden, { stride, groups: hidden, activation }),
    convUnit(1, hidden, outChannels, { activation: 'none' }),
  ]);
}
