import type { FileDescription } from '../file-description.js';
import type { GraphBuilder } from '../graph/graph-builder.js';

/**
 * Emits the output `gates`: `bool [L, N]`, with N the largest number of sub-blocks in a block; missing sub-blocks are
 * closed.
 */
export function emitGates(graph: GraphBuilder, gates: readonly string[], subBlocks: readonly number[]): void {
  const most = Math.max(...subBlocks);
  const rows = gates.map((row, l) => {
    const missing = most - (subBlocks[l] as number);
    if (missing === 0) return row;
    const closed = graph.initialiser(`${row}.none`, [1, missing], new Uint8Array(missing));
    return graph.node('Concat', `${row}.row`, [row, closed], { axis: { int: 1 } });
  });
  graph.node('Concat', 'gates', rows, { axis: { int: 0 } });
}

/** Emits the output `macs`: `double`, multiply–accumulates of the image, or of each image if there are no gates. */
export function emitMacs(
  graph: GraphBuilder,
  { subBlocks, subBlockMacs, alwaysMacs }: FileDescription,
): void {
  const always = graph.initialiser('macs.always', [], Float64Array.of(alwaysMacs));
  if (subBlocks.length === 0) {
    graph.node('Identity', 'macs', [always]);
    return;
  }
  const most = Math.max(...subBlocks);
  const costs = subBlockMacs.flatMap((row) => [
    ...row,
    ...Array.from({ length: most - row.length }, () => 0),
  ]);
  const table = graph.initialiser('macs.subblocks', [subBlocks.length, most], Float64Array.from(costs));
  const open = graph.node('Cast', 'macs.gates', ['gates'], { to: { int: 11 } });
  const spent = graph.node('Mul', 'macs.open', [open, table]);
  const sum = graph.node('ReduceSum', 'macs.gated', [spent], { keepdims: { int: 0 } });
  graph.node('Add', 'macs', [sum, always]);
}
