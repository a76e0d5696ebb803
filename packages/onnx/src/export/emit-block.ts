import type { Activation } from '@dmnn/architecture';
import type { FoldedUnit } from '@dmnn/weights/internal';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { OnnxValue } from '../graph/onnx-graph.js';
import type { ShortcutEmitter } from './emit-shortcut.js';
import { emitTree } from './emit-tree.js';
import { emitActivation, isNonNegative } from './emit-activation.js';
import { type BlockEnd, type Emitter, emitUnits } from './map-emitter.js';
import { mergedPaths } from './merged-paths.js';

/** A block with its batch norms folded, ready to be emitted. */
export interface FoldedBlock {
  readonly path: string;
  /** `[n]`: the units of sub-block n, with the architecture's widths. */
  readonly paths: readonly (readonly FoldedUnit[])[];
  readonly shortcut: ShortcutEmitter | undefined;
  /** The block's bias, added once: see {@link foldedBias}. */
  readonly bias: FoldedUnit | undefined;
  readonly activation: Activation;
  readonly outChannels: number;
  readonly outSizePx: number;
}

/** A feature map between two blocks. */
export interface FlowingMap {
  readonly value: string;
  /** Mean over height and width, `[B, C, 1, 1]`, if already computed. */
  readonly pooled?: string | undefined;
  /** Whether the map has no negative numbers, so that a ReLU would be the identity. */
  readonly nonNegative: boolean;
}

/** Which outputs of a block are read later: the map, its mean, or both. */
export interface Wanted {
  readonly map: boolean;
  readonly pooled: boolean;
}

/** How the sub-blocks of a gated block are combined. */
export interface Branching {
  /** Number of sub-blocks per tree of `If`s; the trees are added one after the other. */
  readonly subBlocksPerTree: number;
  /** Number of sub-blocks of which the open ones are fused. Divides `subBlocksPerTree`, unless that is all of them. */
  readonly subBlocksPerFusion: number;
}

/** Emits a block that always runs the sub-blocks `open`: one without gates, or with known gates. */
export function emitFixedBlock(
  emitter: Emitter,
  block: FoldedBlock,
  x: FlowingMap,
  open: readonly number[],
): FlowingMap {
  const paths = fusedPaths(emitter, block, open);
  const shortcut = block.shortcut?.(emitter.graph, x.value);
  const { bias, activation } = block;
  const end = emitPattern(emitter, block, { x, shortcut, paths, bias, activation, isWhole: true });
  return { ...end, value: emitter.maps.stored(emitter.graph, end.value, blockEnd(block, x)) };
}

/** Gates and layout of a gated block. */
export interface Gating {
  /** `bool []`, one per sub-block. */
  readonly gates: readonly string[];
  readonly wanted: Wanted;
  readonly branching: Branching;
}

/**
 * Emits a gated block as trees of `If`s. Their branches contain the convolutions and weights, the sum, the activation
 * and the mean that the next controller reads, so that an engine can fuse them. A closed branch passes the previous
 * mean on.
 */
export function emitGatedBlock(
  emitter: Emitter,
  block: FoldedBlock,
  x: FlowingMap,
  { gates, wanted, branching }: Gating,
): FlowingMap {
  const { graph, maps } = emitter;
  const { subBlocksPerTree, subBlocksPerFusion } = branching;
  const { path, outSizePx: sizePx } = block;
  const channels = maps.laidOut(block.outChannels);
  const map: OnnxValue = { name: path, type: maps.mapType, shape: [1, channels, sizePx, sizePx] };
  const mean: OnnxValue = { name: `${path}.mean`, type: 'float', shape: [1, channels, 1, 1] };
  const outputs = [...(wanted.map ? [map] : []), ...(wanted.pooled ? [mean] : [])];
  /** A branch must compute its outputs, so values from the enclosing graph go through an `Identity`. */
  const own = (leaf: GraphBuilder, value: string, around: readonly (string | undefined)[]) =>
    around.includes(value) ? leaf.node('Identity', `${path}.pass`, [value]) : value;

  let inside: string | undefined;
  const fusions = new Map<string, (readonly FoldedUnit[])[]>();
  const fused = (open: readonly number[]) => {
    const key = open.join();
    const paths = fusions.get(key) ?? fusedPaths(emitter, block, open);
    fusions.set(key, paths);
    return paths;
  };
  // A convolution that adds to a value from outside its branch copies the value first. If weights are shared, a
  // shortcut only costs a node in each leaf of the first tree, and the sum belongs to the leaf.
  const inLeaves = maps.sharesWeights;
  let sum = inLeaves ? undefined : block.shortcut?.(graph, x.value);
  for (let start = 0; ; start += subBlocksPerTree) {
    const outside = sum;
    const group = gates.slice(start, start + subBlocksPerTree);
    const last = start + subBlocksPerTree >= gates.length;
    const activation = last ? block.activation : 'none';
    const values = emitTree(
      graph,
      group,
      last ? outputs : [{ ...map, name: `${path}.sum`, type: 'float' }],
      (leaf, open) => {
        const before = start === 0 && inLeaves ? block.shortcut?.(leaf, x.value) : outside;
        const bias = start === 0 ? block.bias : undefined;
        // the convolution of a bias makes the copy too
        const copies = open.length > 0 && (!bias || maps.joinsBiases);
        const ready = copies && before !== undefined ? maps.summand(leaf, before, `${path}.own`) : before;
        const paths = openGroups(open, subBlocksPerFusion).flatMap((each) =>
          fused(each.map((n) => n + start)),
        );
        const end = emitPattern({ graph: leaf, maps }, block, {
          x,
          shortcut: ready,
          paths,
          bias,
          activation,
          isWhole: start === 0 && last,
        });
        if (!last) return [own(leaf, maps.plain(leaf, end.value, `${path}.sum`), [outside, x.value])];
        const stored = maps.stored(leaf, end.value, blockEnd(block, x));
        const given = own(leaf, stored, [outside, x.value]);
        inside = stored;
        const pooled = () => own(leaf, end.pooled ?? maps.pooled(leaf, stored, path), [x.pooled]);
        return [...(wanted.map ? [given] : []), ...(wanted.pooled ? [pooled()] : [])];
      },
    );
    if (last) {
      if (wanted.map && inside !== undefined) maps.flowsOn(values[0] as string, inside);
      const pooled = wanted.pooled ? values[values.length - 1] : undefined;
      return {
        value: wanted.map ? (values[0] as string) : '',
        pooled,
        nonNegative: isNonNegative(activation),
      };
    }
    [sum] = values;
  }
}

/** Whether the first path can add the block's bias with its own. */
function joinsFirst({ maps }: Emitter, paths: readonly (readonly FoldedUnit[])[]): boolean {
  return maps.joinsBiases && paths[0]?.at(-1)?.activation === 'none';
}

/** Groups the open places by what may be fused. */
function openGroups(open: readonly number[], size: number): (readonly number[])[] {
  const groups = new Map<number, number[]>();
  for (const n of open) {
    const group = Math.floor(n / size);
    groups.set(group, [...(groups.get(group) ?? []), n]);
  }
  return [...groups.values()];
}

function fusedPaths(
  { maps }: Emitter,
  block: FoldedBlock,
  open: readonly number[],
): (readonly FoldedUnit[])[] {
  const paths = open.map((n) => block.paths[n] as readonly FoldedUnit[]);
  return mergedPaths(paths, maps.merging).map((units) => units.map((unit) => maps.prepared(unit)));
}

/** The open sub-blocks of a block, ready to be added. */
interface OpenPattern {
  readonly x: FlowingMap;
  readonly shortcut: string | undefined;
  readonly paths: readonly (readonly FoldedUnit[])[];
  readonly bias: FoldedUnit | undefined;
  readonly activation: Activation;
  /** Whether nothing was added to the shortcut before, and nothing is afterwards. */
  readonly isWhole: boolean;
}

function blockEnd({ path, activation }: FoldedBlock, { value }: FlowingMap): BlockEnd {
  return { path, activation, x: value };
}

/** Emits activation(shortcut + bias + open sub-blocks), or returns `x` if that is the same. */
function emitPattern(
  emitter: Emitter,
  block: FoldedBlock,
  { x, shortcut, paths, bias, activation, isWhole }: OpenPattern,
): FlowingMap {
  const { graph, maps } = emitter;
  const only = isWhole && paths.length === 1 ? blockEnd(block, x) : undefined;
  const nonNegative = isNonNegative(activation);
  const inFirst = joinsFirst(emitter, paths) ? bias : undefined;
  let sum = shortcut;
  if (bias && !inFirst) sum = maps.unit(graph, sum as string, bias);
  for (const [index, units] of paths.entries()) {
    const last = units[units.length - 1] as FoldedUnit;
    const closing = index === paths.length - 1 ? activation : 'none';
    if (last.activation === 'none') {
      const own = index === 0 ? inFirst : undefined;
      sum = emitUnits(emitter, x.value, units, { activation: closing, sum, bias: own, block: only });
    } else {
      const value = emitUnits(emitter, x.value, units);
      const parts = [value, ...(sum === undefined ? [] : [sum])].map((each) =>
        maps.plain(graph, each, `${block.path}.add`),
      );
      const added = parts.length === 1 ? (parts[0] as string) : graph.node('Add', `${block.path}.add`, parts);
      sum = emitActivation(graph, added, closing, block.path);
    }
  }
  if (paths.length > 0) return { value: sum as string, nonNegative };
  if (sum === x.value && (activation === 'none' || (activation === 'relu' && x.nonNegative))) return x;
  if (activation === 'none') return { value: sum as string, nonNegative };
  const value = maps.plain(graph, sum as string, block.path);
  return { value: emitActivation(graph, value, activation, block.path), nonNegative };
}
