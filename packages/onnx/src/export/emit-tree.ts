import type { GraphBuilder } from '../graph/graph-builder.js';
import type { OnnxValue } from '../graph/onnx-graph.js';

/** Computes one pattern's values within its branch; `open` are the places whose gate is on. */
export type LeafEmitter = (graph: GraphBuilder, open: readonly number[]) => readonly string[];

/**
 * A tree of `If`s with one leaf for each pattern of the gates, 2ᴺ of them: only the leaf of the pattern runs.
 *
 * @param gates - `bool [1, 1]` each, none or more
 * @param outputs - types and shapes of what every leaf gives; their names serve as stems of names
 * @returns the names of the values, one for each of `outputs`
 */
export function emitTree(
  graph: GraphBuilder,
  gates: readonly string[],
  outputs: readonly OnnxValue[],
  leaf: LeafEmitter,
  open: readonly number[] = [],
  depth = 0,
): readonly string[] {
  const gate = gates[depth];
  if (gate === undefined) return leaf(graph, open);
  const branch = (name: string, on: readonly number[]) => {
    const inner = graph.branch();
    const values = emitTree(inner, gates, outputs, leaf, on, depth + 1);
    const named = values.map((value, i) => ({ ...(outputs[i] as OnnxValue), name: value }));
    return { graph: inner.graph(graph.unique(name), [], named) };
  };
  const stem = (outputs[0] as OnnxValue).name;
  const attributes = {
    then_branch: branch(`${stem}.with${depth}`, [...open, depth]),
    else_branch: branch(`${stem}.without${depth}`, open),
  };
  return graph.nodes('If', stem, [gate], outputs.length, attributes);
}
