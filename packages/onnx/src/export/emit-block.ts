import type { Activation } from '@dmnn/architecture';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { OnnxValue } from '../graph/onnx-graph.js';
import type { ShortcutEmitter } from './emit-shortcut.js';
import { emitTree } from './emit-tree.js';
import { emitActivation, emitPooled, emitUnits } from './emit-units.js';
import type { FoldedUnit } from './folded-unit.js';
import { mergedPaths } from './merged-paths.js';

/** A block with its variables folded, ready to be put into graphs. */
export interface FoldedBlock {
  readonly path: string;
  /** `[n]`: the units of sub-block n. */
  readonly paths: readonly (readonly FoldedUnit[])[];
  readonly shortcut: ShortcutEmitter | undefined;
  readonly identity: boolean;
  readonly activation: Activation;
  readonly outChannels: number;
  readonly outSizePx: number;
}

/** A map on its way through the network. */
export interface FlowingMap {
  readonly value: string;
  /** Its mean over height and width, `[B, C, 1, 1]`, where something has computed it. */
  readonly pooled?: string;
  /** Whether it holds no negative number: a ReLU would change nothing. */
  readonly nonNegative: boolean;
}

/** What comes after a block reads of its output: the map, its mean, or both. */
export interface Wanted {
  readonly map: boolean;
  readonly pooled: boolean;
}

/** How gated blocks become graphs. */
export interface Branching {
  /** Sub-blocks that share a tree of `If`s. */
  readonly subBlocksPerTree: number;
  /** Channels that an engine computes together. */
  readonly lanes: number;
}

/** A block without gates, or of gates that are known: the sub-blocks `open`, always. */
export function emitFixedBlock(
  graph: GraphBuilder,
  block: FoldedBlock,
  x: FlowingMap,
  open: readonly number[],
  lanes: number,
): FlowingMap {
  const sum = emitSum(graph, block, x.value, block.shortcut?.(graph, x.value), open, lanes);
  return emitEnd(graph, block, x, sum);
}

/**
 * A gated block: trees of `If`s, in whose branches lie convolutions with their weights, the sum, the activation and the
 * mean that the next controller reads, so that an engine can fuse them and keep its own layout from one to the next.
 *
 * @param gates - `bool [1, 1]`, one for each sub-block
 */
export function emitGatedBlock(
  graph: GraphBuilder,
  block: FoldedBlock,
  x: FlowingMap,
  gates: readonly string[],
  wanted: Wanted,
  { subBlocksPerTree, lanes }: Branching,
): FlowingMap {
  const { path, outChannels: channels, outSizePx: sizePx } = block;
  const map: OnnxValue = { name: path, type: 'float', shape: [1, channels, sizePx, sizePx] };
  const mean: OnnxValue = { name: `${path}.mean`, type: 'float', shape: [1, channels, 1, 1] };
  const whole = subBlocksPerTree >= gates.length;
  // what all trees add to is computed once; a single tree takes it inside, where it fuses
  let sum = whole && block.identity ? undefined : block.shortcut?.(graph, x.value);
  for (let start = 0; start + subBlocksPerTree < gates.length; start += subBlocksPerTree) {
    const before = sum as string;
    const group = gates.slice(start, start + subBlocksPerTree);
    [sum] = emitTree(graph, group, [{ ...map, name: `${path}.sum` }], (leaf, open) => {
      const added = emitSum(
        leaf,
        block,
        x.value,
        before,
        open.map((n) => n + start),
        lanes,
      );
      return [added === before ? leaf.node('Identity', `${path}.pass`, [before]) : added];
    });
  }
  const start = Math.floor((gates.length - 1) / subBlocksPerTree) * subBlocksPerTree;
  const before = sum;
  const outputs = [...(wanted.map ? [map] : []), ...(wanted.pooled ? [mean] : [])];
  const values = emitTree(graph, gates.slice(start), outputs, (leaf, open) => {
    const outer = before ?? block.shortcut?.(leaf, x.value);
    const shortcut =
      open.length > 0 && outer !== undefined
        ? leaf.node('MaxPool', `${path}.own`, [outer], { kernel_shape: { ints: [1, 1] } })
        : outer;
    const added = emitSum(
      leaf,
      block,
      x.value,
      shortcut,
      open.map((n) => n + start),
      lanes,
    );
    const end = emitEnd(leaf, block, x, added);
    const own = (value: string, outer: string | undefined, name: string) =>
      value === outer ? leaf.node('Identity', `${path}.${name}`, [value]) : value;
    const value = end.value === before ? leaf.node('Identity', `${path}.pass`, [before]) : end.value;
    return [
      ...(wanted.map ? [own(value, x.value, 'pass')] : []),
      ...(wanted.pooled ? [own(end.pooled ?? emitPooled(leaf, end.value, path), x.pooled, 'pass')] : []),
    ];
  });
  const pooled = wanted.pooled ? values[values.length - 1] : undefined;
  return {
    value: wanted.map ? (values[0] as string) : '',
    ...(pooled === undefined ? {} : { pooled }),
    nonNegative: block.activation !== 'none',
  };
}

/** Shortcut and open sub-blocks, summed. */
function emitSum(
  graph: GraphBuilder,
  block: FoldedBlock,
  x: string,
  shortcut: string | undefined,
  open: readonly number[],
  lanes: number,
): string {
  const paths = open.map((n) => block.paths[n] as readonly FoldedUnit[]);
  const values = mergedPaths(paths, lanes).map((units) => emitUnits(graph, x, units));
  if (shortcut !== undefined) values.unshift(shortcut);
  return values.reduce((sum, value) => graph.node('Add', `${block.path}.add`, [value, sum]));
}

/** What follows the sum; nothing, if that would change nothing. */
function emitEnd(graph: GraphBuilder, block: FoldedBlock, x: FlowingMap, sum: string): FlowingMap {
  if (sum === x.value && (block.activation === 'none' || (block.activation === 'relu' && x.nonNegative)))
    return x;
  const value = emitActivation(graph, sum, block.activation, block.path);
  return { value, nonNegative: block.activation !== 'none' };
}
