import { assertRecord } from '@dmnn/foundation';
import {
  type Architecture,
  type BlockShape,
  type ExitShape,
  type GatedBlock,
  gatedBlocks,
  inferShapes,
  validateArchitecture,
} from '@dmnn/architecture';
import {
  blockEntries,
  sharedControllerEntries,
  headEntries,
  stemEntries,
  type LayerEntry,
} from './layer-entries.js';
import { type Conventions, paperConventions, costOf } from './conventions.js';
import type { BlockCount, ExitCount, LayerCount, NetworkCount } from './network-count.js';

/** Settings of {@link countNetwork}. */
export interface CountOptions {
  /** Side of the square image, in pixels. @defaultValue that of the architecture */
  readonly imageSizePx?: number | undefined;
  /** What to count. @defaultValue `paperConventions` */
  readonly conventions?: Conventions | undefined;
}

/**
 * Counts the cost of one image with all gates open, and the parameters of a network.
 *
 * Filter taps that fall on padding count like all others.
 *
 * @returns the costs of every layer, sub-block, block and controller, and their sums, with the conventions of the
 * count
 * @throws ArchitectureError if the architecture is not a valid network, or not at this image size
 * @throws RangeError if `imageSizePx` is not an integer ≥ 1
 * @example
 * ```ts
 * import { convUnit } from '@dmnn/architecture';
 * import { countNetwork } from '@dmnn/flops';
 *
 * const count = countNetwork({
 *   name: 'one-convolution',
 *   imageSizePx: 224,
 *   inChannels: 3,
 *   stem: { units: [convUnit(7, 3, 64, { stride: 2 })] },
 *   stages: [],
 *   head: { units: [], inFeatures: 64, classes: 1000 },
 * });
 * // 112² · 64 · 7² · 3 + 64 · 1000
 * console.log(count.macs, count.parameters); // => 118077952 74536
 * ```
 */
export function countNetwork(architecture: Architecture, options: CountOptions = {}): NetworkCount {
  assertRecord('options', options, 'an object with conventions, imageSizePx');
  const { conventions = paperConventions } = options;
  assertRecord('conventions', conventions, 'an object like paperConventions');
  validateArchitecture(architecture);
  const shapes = inferShapes(architecture, options);
  const gated = gatedBlocks(architecture);
  const priced = (entries: readonly LayerEntry[]): LayerCount[] =>
    entries
      .filter(({ part }) => part !== 'controller' || conventions.controllers)
      .map(({ work, ...layer }) => ({ ...layer, macs: costOf(work, conventions) }))
      .filter(({ macs, parameters }) => macs > 0 || parameters > 0);

  const blocks = shapes.blocks.map((shape) => {
    const entries = blockEntries(shape, gatedAt(shape, gated));
    return { shape, layers: priced(entries) };
  });
  const exits = shapes.exits.map((shape) => ({ shape, layers: priced(headEntries(shape)) }));
  const layers = [
    ...priced(stemEntries(architecture, shapes)),
    ...priced(sharedControllerEntries(gated)),
    ...blocks.flatMap((block, index) => [
      ...block.layers,
      ...exits.filter(({ shape }) => shape.afterBlock === index).flatMap((exit) => exit.layers),
    ]),
    ...priced(
      headEntries({
        path: 'head',
        head: architecture.head,
        units: shapes.head,
        sizePx: shapes.headSizePx,
      }),
    ),
  ];
  return {
    name: architecture.name,
    imageSizePx: shapes.imageSizePx,
    conventions,
    layers,
    blocks: blocks.map((block) => blockCount(block.shape, block.layers)),
    ...(exits.length > 0 ? { exits: exits.map((exit) => exitCount(exit.shape, exit.layers, layers)) } : {}),
    ...partMacs(layers),
    parameters: sumOf(layers, 'parameters'),
  };
}

/**
 * Counts the backbone of a divided network, or the network itself if it is not divided: the denominator of MACs
 * ratios.
 *
 * @throws the same as {@link countNetwork}
 */
export function countUndivided(architecture: Architecture, options: CountOptions = {}): NetworkCount {
  return countNetwork(validateArchitecture(architecture).undivided ?? architecture, options);
}

function gatedAt({ blockIndex }: BlockShape, gated: readonly GatedBlock[]): GatedBlock | undefined {
  return blockIndex === undefined ? undefined : gated[blockIndex];
}

/** Sum of one number of the layers. */
export function sumOf(layers: readonly LayerCount[], key: 'macs' | 'parameters'): number {
  return layers.reduce((sum, layer) => sum + layer[key], 0);
}

/** Costs of the three parts, and of all. */
function partMacs(
  layers: readonly LayerCount[],
): Pick<BlockCount, 'fixedMacs' | 'gatedMacs' | 'controllerMacs' | 'macs'> {
  const macsOf = (part: LayerCount['part']): number =>
    sumOf(
      layers.filter((layer) => layer.part === part),
      'macs',
    );
  const [fixedMacs, gatedMacs, controllerMacs] = [macsOf('fixed'), macsOf('gated'), macsOf('controller')];
  return { fixedMacs, gatedMacs, controllerMacs, macs: fixedMacs + gatedMacs + controllerMacs };
}

/** @param all - the layers of the network, in execution order */
function exitCount(
  { path, afterBlock }: ExitShape,
  own: readonly LayerCount[],
  all: readonly LayerCount[],
): ExitCount {
  const until = all.slice(0, all.lastIndexOf(own.at(-1) as LayerCount) + 1);
  return {
    path,
    afterBlock,
    macs: sumOf(own, 'macs'),
    parameters: sumOf(own, 'parameters'),
    until: partMacs(until),
  };
}

/** Sums over the layers of one block. */
function blockCount(shape: BlockShape, layers: readonly LayerCount[]): BlockCount {
  const { path, stageIndex, blockIndex } = shape;
  return {
    path,
    stageIndex,
    ...(blockIndex === undefined ? {} : { blockIndex }),
    subBlocks: shape.subBlocks.map((_, n) => {
      const own = layers.filter(({ subBlockIndex }) => subBlockIndex === n);
      return { path: `${path}.subblock${n}`, macs: sumOf(own, 'macs'), parameters: sumOf(own, 'parameters') };
    }),
    ...partMacs(layers),
    parameters: sumOf(layers, 'parameters'),
    controllerParameters: sumOf(
      layers.filter(({ part }) => part === 'controller'),
      'parameters',
    ),
  };
}
