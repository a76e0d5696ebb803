import type { GraphBuilder } from '../graph/graph-builder.js';
import type { OnnxValue } from '../graph/onnx-graph.js';

/** Computes the outputs of one gate pattern within its branch; `open` lists the indices of open gates. */
export type LeafEmitter = (graph: GraphBuilder, open: readonly number[]) => readonly string[];

/**
 * Emits a tree of `If`s with one leaf for each of the 2ᴺ gate patterns; only the leaf of the actual pattern runs.
 *
 * @param gates - `bool []` each; may be empty
 * @param outputs - types and shapes of the outputs of every leaf; their names are used as prefixes
 * @returns the names of the outputs, one for each of `outputs`
 */
export function emitTree(
  graph: GraphBuilder,
  gates: readonly string[],
  outputs: readonly OnnxValue[],
  leaf: LeafEmitter,
): readonly string[] {
  const stem = (outputs[0] as OnnxValue).name;
  const emitFrom = (depth: number, within: GraphBuilder, open: readonly number[]): readonly string[] => {
    const gate = gates[depth];
    if (gate === undefined) return leaf(within, open);
    const branch = (name: string, on: readonly number[]) => {
      const inner = within.branch();
      const values = emitFrom(depth + 1, inner, on);
      const named = values.map((value, i) => ({ ...(outputs[i] as OnnxValue), name: value }));
      return { graph: inner.graph(within.unique(name), [], named) };
    };
    return within.nodes('If', stem, [gate], outputs.length, {
      then_branch: branch(`${stem}.with${depth}`, [...open, depth]),
      else_branch: branch(`${stem}.without${depth}`, open),
    });
  };
  return emitFrom(0, graph, []);
}
