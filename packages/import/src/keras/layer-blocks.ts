import type { Activation, Block, MaxPool, Shortcut, Stage } from '@dmnn/architecture';
import type { KerasFileLayer } from './keras-file.js';
import { type LayerGraph, notHere } from './layer-graph.js';
import { type FoundUnit, poolAfter, unitFrom } from './layer-units.js';

/** A block of a model, with its units' numbers. */
export interface FoundBlock {
  readonly block: Block;
  readonly units: readonly FoundUnit[];
  readonly shortcut: FoundUnit | undefined;
}

/** The convolutions of a model, up to the mean of its last map. */
export interface FoundNetwork {
  readonly stem: readonly FoundUnit[];
  readonly pool: MaxPool | undefined;
  readonly blocks: readonly FoundBlock[];
  /** Units after the last block. */
  readonly head: readonly FoundUnit[];
  /** `GlobalAveragePooling2D` */
  readonly mean: KerasFileLayer;
  readonly channels: number;
}

/**
 * Takes a model apart: units one after the other, and blocks, which are two paths that meet in a sum or, without a shortcut,
 * units of which the last has no activation.
 *
 * @param start - the layer whose output is the image
 * @throws KerasFileError naming the first layer that does not fit
 */
export function networkFrom(graph: LayerGraph, start: string, inChannels: number): FoundNetwork {
  const stem: FoundUnit[] = [];
  const blocks: FoundBlock[] = [];
  let pending: FoundUnit[] = [];
  let pool: MaxPool | undefined;
  let at = start;
  let channels = inChannels;
  for (;;) {
    const after = graph.after(at);
    const [next, other, more] = after;
    if (!next || more) throw notHere(next ?? { name: at, className: 'output' }, endHere(next));
    if (other) {
      if (blocks.length === 0) stem.push(...pending);
      else if (pending.length > 0) throw notHere(next, 'a block directly after the one before it');
      pending = [];
      const { block, end } = residualBlock(graph, { at, channels, next, other });
      blocks.push(block);
      at = end;
      channels = outChannels(block.units) ?? channels;
      continue;
    }
    if (next.className === 'GlobalAveragePooling2D')
      return { stem, pool, blocks, head: pending, mean: next, channels };
    const isFirst = stem.length === 0 && blocks.length === 0 && pending.length <= 1;
    const stemPool = isFirst && pending[0] ? poolAfter(graph, at, pending[0].unit.activation) : undefined;
    if (stemPool) {
      stem.push(...pending);
      pending = [];
      ({ pool, end: at } = stemPool);
      continue;
    }
    const found = unitFrom(graph, next, channels);
    pending.push(found);
    at = found.end;
    channels = found.unit.outChannels;
    if (found.unit.activation !== 'none') {
      if (stem.length === 0 && blocks.length === 0 && isStemAlone(graph, at, pending)) {
        stem.push(...pending);
        pending = [];
      }
      continue;
    }
    blocks.push({
      block: blockOf(pending, { kind: 'none' }, 'none', found.layer),
      units: pending,
      shortcut: undefined,
    });
    pending = [];
  }
}

function endHere(next: KerasFileLayer | undefined): string {
  return next
    ? 'an output with at most two ways on'
    : 'a GlobalAveragePooling2D and a Dense layer after it; a model without a classifier (include_top=False) has none';
}

/** The first convolution is the stem, unless it ends in a sum. */
function isStemAlone(graph: LayerGraph, at: string, pending: readonly FoundUnit[]): boolean {
  return pending.length === 1 && graph.after(at).length === 1 && !poolAfter(graph, at, 'relu');
}

interface BlockStart {
  readonly at: string;
  readonly channels: number;
  /** The two layers that take the block's input. */
  readonly next: KerasFileLayer;
  readonly other: KerasFileLayer;
}

function residualBlock(
  graph: LayerGraph,
  { at, channels, next, other }: BlockStart,
): { readonly block: FoundBlock; readonly end: string } {
  const paths = [next, other].map((first) => pathFrom(graph, first, at, channels));
  const [one, two] = paths as [Path, Path];
  if (one.sum.name !== two.sum.name) throw notHere(one.sum, `a sum of the paths from ${at}`);
  const [units, shortcutUnits] =
    one.units.length >= two.units.length ? [one.units, two.units] : [two.units, one.units];
  const [shortcut, extra] = shortcutUnits;
  if (extra) throw notHere(extra.layer, 'a shortcut of at most one convolution');
  const after = graph.next(one.sum.name, 'Activation', 'ReLU');
  const activation = after ? sumActivation(after) : 'none';
  const bare: Shortcut = shortcut ? { kind: 'projection', unit: shortcut.unit } : { kind: 'identity' };
  const block = blockOf(units, bare, activation, one.sum);
  return { block: { block, units, shortcut }, end: (after ?? one.sum).name };
}

interface Path {
  readonly units: readonly FoundUnit[];
  readonly sum: KerasFileLayer;
}

/** Units from a block's input to its sum. */
function pathFrom(graph: LayerGraph, first: KerasFileLayer, at: string, inChannels: number): Path {
  const units: FoundUnit[] = [];
  let next: KerasFileLayer | undefined = first;
  let channels = inChannels;
  while (next && next.className !== 'Add') {
    const found: FoundUnit = unitFrom(graph, next, channels);
    units.push(found);
    channels = found.unit.outChannels;
    const after: readonly KerasFileLayer[] = graph.after(found.end);
    if (after.length !== 1) throw notHere(found.layer, 'one way on within a block');
    next = after[0];
  }
  if (!next || graph.inputsOf(next.name).length !== 2)
    throw notHere(next ?? first, `a sum of two paths from ${at}`);
  return { units, sum: next };
}

function sumActivation(layer: KerasFileLayer): Activation {
  const { activation, max_value: most } = layer.config;
  if (layer.className === 'ReLU' ? (most ?? null) === null : activation === 'relu') return 'relu';
  if (layer.className === 'ReLU' ? most === 6 : activation === 'relu6') return 'relu6';
  throw notHere(layer, 'a ReLU after a sum');
}

function blockOf(
  units: readonly FoundUnit[],
  shortcut: Shortcut,
  activation: Activation,
  at: KerasFileLayer,
): Block {
  const kind = blockKind(units, activation);
  if (kind === undefined)
    throw notHere(
      at,
      'a block as in ResNet (two 3×3 convolutions, or 1×1, 3×3, 1×1) or MobileNetV2 before it',
    );
  return { kind, shortcut, subBlocks: [{ units: units.map(({ unit }) => unit) }], activation };
}

function blockKind(units: readonly FoundUnit[], activation: Activation): Block['kind'] | undefined {
  const isDepthwise = (found: FoundUnit | undefined) =>
    found !== undefined && found.unit.groups === found.unit.inChannels && found.unit.groups > 1;
  const last = units.at(-1)?.unit;
  if (last?.activation !== 'none') return undefined;
  if (units.length <= 3 && isDepthwise(units.at(-2)) && activation === 'none' && last.kernelSize === 1)
    return 'inverted-residual';
  if (units.length === 2) return 'basic';
  return units.length === 3 && units[0]?.unit.kernelSize === 1 && last.kernelSize === 1
    ? 'bottleneck'
    : undefined;
}

function outChannels(units: readonly FoundUnit[]): number | undefined {
  return units.at(-1)?.unit.outChannels;
}

/** Blocks by the size of their maps; as in the zoo, a MobileNetV2's first stage has its first two sizes. */
export function stagesOf(blocks: readonly Pick<FoundBlock, 'block'>[]): Stage[] {
  const stages: Block[][] = [];
  for (const { block } of blocks) {
    const strided = block.subBlocks.some(({ units }) => units.some(({ stride }) => stride > 1));
    if (strided || stages.length === 0) stages.push([]);
    stages.at(-1)?.push(block);
  }
  const [first, second] = stages;
  const isMobile = blocks.every(({ block }) => block.kind === 'inverted-residual');
  if (isMobile && first && second && stages.length > 4) stages.splice(0, 2, [...first, ...second]);
  return stages.map((each) => ({ blocks: each }));
}
