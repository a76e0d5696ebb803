import type { BlockShape, LayerShape, NetworkShape } from '@dmnn/backbones/internal';
import type { WeightTensor, Weights } from '@dmnn/weights';
import { headLayersIn } from '../head-names.js';
import type { NamesOf } from '../name-map-of.js';

/** A network that the names and shapes of a file's tensors show. */
export interface ShapeInFile {
  /** The naming scheme of the tensors. */
  readonly names: NamesOf;
  /** What the names begin with: `module.`; empty if nothing. */
  readonly prefix: string;
  readonly shape: NetworkShape;
  /** The linear layers of its head before the last one, in order. */
  readonly hidden: readonly HiddenInFile[];
}

/** A linear layer as a file of weights shows it: without activation. */
interface HiddenInFile {
  /** Path of its tensors: `fc.0`. */
  readonly path: string;
  readonly features: number;
  /** Whether the next one stands directly after it, so that there is no activation. */
  readonly isNextTo: boolean;
}

/** How a library names the layers of a network; `{…}` of numbers, as in a name map, without the final `.weight`. */
interface NamesOfLayers {
  readonly names: NamesOf;
  /** A layer that every network has, by which the scheme is found. */
  readonly anchor: string;
  readonly stem: string;
  /** Groups: stage, block, and what names the layer in its block. Without a stage, there is one. */
  readonly layer: RegExp;
  /** Layers of a block in their order, by what `layer` has found. */
  readonly order: readonly (readonly string[])[];
  readonly shortcut?: string;
  readonly head?: string | undefined;
  readonly linear: string;
  /** Height, width, inputs, outputs; otherwise outputs, inputs, height, width. */
  readonly isOurs?: boolean;
}

const residual = {
  anchor: 'layer1.0.conv1',
  stem: 'conv1',
  order: [
    ['conv1', 'conv2'],
    ['conv1', 'conv2', 'conv3'],
  ],
};
const inverted = /^features\.(?<block>[1-9]\d{0,3})\.(?<layer>conv\.\d(?:\.0)?)$/;

const schemes: readonly NamesOfLayers[] = [
  {
    ...residual,
    names: 'torchvision',
    layer: /^layer(?<stage>\d{1,4})\.(?<block>\d{1,4})\.(?<layer>conv\d|downsample\.0)$/,
    shortcut: 'downsample.0',
    linear: 'fc',
  },
  {
    ...residual,
    names: 'pytorch-cifar',
    layer: /^layer(?<stage>\d{1,4})\.(?<block>\d{1,4})\.(?<layer>conv\d|shortcut\.0)$/,
    shortcut: 'shortcut.0',
    linear: 'linear',
  },
  {
    names: 'torchvision',
    anchor: 'features.0.0',
    stem: 'features.0.0',
    layer: inverted,
    order: [
      ['conv.0.0', 'conv.1'],
      ['conv.0.0', 'conv.1.0', 'conv.2'],
    ],
    linear: 'classifier.1',
  },
  {
    names: 'timm',
    anchor: 'conv_stem',
    stem: 'conv_stem',
    layer: /^blocks\.(?<stage>\d{1,4})\.(?<block>\d{1,4})\.(?<layer>conv_\w{1,4})$/,
    order: [
      ['conv_dw', 'conv_pw'],
      ['conv_pw', 'conv_dw', 'conv_pwl'],
    ],
    head: 'conv_head',
    linear: 'classifier',
  },
  {
    names: 'efficientnet-pytorch',
    anchor: '_conv_stem',
    stem: '_conv_stem',
    layer: /^_blocks\.(?<block>\d{1,4})\.(?<layer>_(?:expand|depthwise|project)_conv)$/,
    order: [
      ['_depthwise_conv', '_project_conv'],
      ['_expand_conv', '_depthwise_conv', '_project_conv'],
    ],
    head: '_conv_head',
    linear: '_fc',
  },
  {
    names: 'dmnn',
    anchor: 'stage0.block0.subblock0.unit0',
    stem: 'stem.unit0',
    layer: /^stage(?<stage>\d{1,4})\.block(?<block>\d{1,4})\.(?<layer>subblock0\.unit\d|shortcut)$/,
    order: [
      ['subblock0.unit0', 'subblock0.unit1'],
      ['subblock0.unit0', 'subblock0.unit1', 'subblock0.unit2'],
    ],
    shortcut: 'shortcut',
    head: 'head.unit0',
    linear: 'head.linear',
    isOurs: true,
  },
];

/**
 * The networks that the tensors of a file show, by each naming scheme and prefix under which its names stand. Whether there are
 * other tensors is not looked at.
 *
 * @param prefix - the only one that counts
 */
export function shapesInFile(tensors: Weights, prefix?: string): ShapeInFile[] {
  return schemes.flatMap((scheme) =>
    prefixesOf(tensors, `${scheme.anchor}.weight`)
      .filter((each) => prefix === undefined || each === prefix)
      .flatMap((each): ShapeInFile[] => {
        const found = shapeUnder(tensors, each, scheme);
        return found ? [{ names: scheme.names, prefix: each, ...found }] : [];
      }),
  );
}

/** Convolutions of a network whose head is not known. */
export interface HeadlessInFile {
  readonly names: NamesOf;
  readonly prefix: string;
  readonly blocks: number;
  /** Where its last linear layer was looked for: `fc`. */
  readonly linear: string;
}

/** The network whose stem and blocks the tensors show, where they show no head: it has other names, or does not fit together. */
export function headlessInFile(tensors: Weights, prefix?: string): HeadlessInFile | undefined {
  for (const scheme of schemes) {
    for (const each of prefixesOf(tensors, `${scheme.anchor}.weight`)) {
      if (prefix !== undefined && each !== prefix) continue;
      const stages = stagesUnder(tensors, each, scheme);
      if (!stages || !layerShape(tensors.get(`${each}${scheme.stem}.weight`), scheme.isOurs ?? false))
        continue;
      if (linearLayers(tensors, each, scheme).length > 0) continue;
      const { names, linear } = scheme;
      return { names, prefix: each, blocks: stages.flat().length, linear };
    }
  }
  return undefined;
}

/** The shortest first, few of them: a hostile file may have millions. */
function prefixesOf(tensors: Weights, anchor: string): string[] {
  const found: string[] = [];
  for (const name of tensors.keys()) {
    const before = name.slice(0, -anchor.length);
    if (found.length < 10 && name.endsWith(anchor) && (before === '' || before.endsWith('.')))
      found.push(before);
  }
  return found.sort((a, b) => a.length - b.length);
}

function shapeUnder(
  tensors: Weights,
  prefix: string,
  scheme: NamesOfLayers,
): Pick<ShapeInFile, 'shape' | 'hidden'> | undefined {
  const layer = (name: string): LayerShape | undefined =>
    layerShape(tensors.get(`${prefix}${name}.weight`), scheme.isOurs ?? false);
  const stem = layer(scheme.stem);
  const stages = stagesUnder(tensors, prefix, scheme);
  const linear = linearLayers(tensors, prefix, scheme);
  const last = linear.at(-1);
  if (!stem || !stages || !last) return undefined;
  const head = headOf(layer, scheme, stages);
  const { outputs: classes } = last;
  const hidden = linear.slice(0, -1).map(({ path, outputs }, i): HiddenInFile => ({
    path,
    features: outputs,
    isNextTo: placeOf(linear[i + 1]?.path) === placeOf(path) + 1,
  }));
  const shape = { stem: [stem], stages, head: head ? [head] : [], classes };
  return classes > 0 ? { shape, hidden } : undefined;
}

/** Place in a `Sequential`; NaN without one. */
function placeOf(path = ''): number {
  return Number(/\.(\d+)$/.exec(path)?.[1]);
}

/** Those of the head, if each takes what the one before it gives. */
function linearLayers(
  tensors: Weights,
  prefix: string,
  { linear, isOurs = false }: NamesOfLayers,
): { readonly path: string; readonly inputs: number; readonly outputs: number }[] {
  const layers = (isOurs ? ourHeadLayers(tensors, prefix) : headLayersIn(tensors, linear, prefix)).map(
    (path) => {
      const [a = 0, b = 0] = tensors.get(`${prefix}${path}.weight`)?.shape ?? [];
      return isOurs ? { path, inputs: a, outputs: b } : { path, inputs: b, outputs: a };
    },
  );
  const joined = layers.every(({ inputs }, i) => i === 0 || inputs === layers[i - 1]?.outputs);
  return joined ? layers : [];
}

function ourHeadLayers(tensors: Weights, prefix: string): string[] {
  const paths: string[] = [];
  const isThere = (path: string): boolean => tensors.get(`${prefix}${path}.weight`)?.shape.length === 2;
  while (isThere(`head.hidden${paths.length}`)) paths.push(`head.hidden${paths.length}`);
  return isThere('head.linear') ? [...paths, 'head.linear'] : [];
}

/** torchvision counts the last convolution of a MobileNetV2 on after its blocks. */
function headOf(
  layer: (name: string) => LayerShape | undefined,
  { layer: pattern, head }: NamesOfLayers,
  stages: NetworkShape['stages'],
): LayerShape | undefined {
  return layer(pattern === inverted ? `features.${stages.flat().length + 1}.0` : (head ?? ''));
}

function stagesUnder(
  tensors: Weights,
  prefix: string,
  scheme: NamesOfLayers,
): readonly (readonly BlockShape[])[] | undefined {
  const blocks = new Map<string, Map<string, LayerShape>>();
  for (const [name, tensor] of tensors) {
    if (!name.startsWith(prefix) || !name.endsWith('.weight')) continue;
    const {
      stage = '0',
      block,
      layer,
    } = scheme.layer.exec(name.slice(prefix.length, -'.weight'.length))?.groups ?? {};
    const shape = layerShape(tensor, scheme.isOurs ?? false);
    if (block === undefined || layer === undefined || !shape) continue;
    const place = `${Number(stage)}.${Number(block)}`;
    blocks.set(place, (blocks.get(place) ?? new Map<string, LayerShape>()).set(layer, shape));
  }
  const stages: BlockShape[][] = [];
  let found = 0;
  const first = [0, 1].find((stage) => blocks.has(`${stage}.0`) || blocks.has(`${stage}.1`)) ?? 0;
  for (let stage = first; ; stage++) {
    const row: BlockShape[] = [];
    for (let block = blocks.has(`${stage}.0`) ? 0 : 1; ; block++) {
      const layers = blocks.get(`${stage}.${block}`);
      if (!layers) break;
      const shape = blockShape(layers, scheme);
      if (!shape) return undefined;
      row.push(shape);
    }
    if (row.length === 0) break;
    found += row.length;
    stages.push(row);
  }
  return found === blocks.size && found > 0 ? joined(stages, scheme) : undefined;
}

/** The stages of timm's MobileNetV2 are rows of its paper's table. */
function joined(stages: BlockShape[][], { names }: NamesOfLayers): BlockShape[][] {
  return names === 'timm' ? [stages.flat()] : stages;
}

function blockShape(layers: ReadonlyMap<string, LayerShape>, scheme: NamesOfLayers): BlockShape | undefined {
  const shortcut = scheme.shortcut === undefined ? undefined : layers.get(scheme.shortcut);
  const count = layers.size - (shortcut ? 1 : 0);
  const order = scheme.order.find(
    (names) => names.length === count && names.every((name) => layers.has(name)),
  );
  if (!order) return undefined;
  const units = order.map((name) => layers.get(name) as LayerShape);
  return { kind: kindOf(units, scheme), units, shortcut };
}

function kindOf(units: readonly LayerShape[], { order, names }: NamesOfLayers): BlockShape['kind'] {
  const isInverted =
    names === 'dmnn'
      ? units.at(-2)?.groupChannels === 1 && units.at(-1)?.kernelSize === 1
      : order !== residual.order;
  if (isInverted) return 'inverted-residual';
  return units.length === 2 ? 'basic' : 'bottleneck';
}

function layerShape(tensor: WeightTensor | undefined, isOurs: boolean): LayerShape | undefined {
  if (tensor?.shape.length !== 4) return undefined;
  const [a, b, c, d] = tensor.shape as readonly [number, number, number, number];
  const [height, width, groupChannels, outChannels] = isOurs ? [a, b, c, d] : [c, d, b, a];
  return height === width && outChannels > 0 && groupChannels > 0
    ? { kernelSize: height, groupChannels, outChannels }
    : undefined;
}
