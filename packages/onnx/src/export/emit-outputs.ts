import type { FileDescription } from '../file-description.js';
import type { GraphBuilder } from '../graph/graph-builder.js';

/**
 * Emits `gates`: `bool [L, N]`, with N the largest number of sub-blocks in a block; missing sub-blocks are closed, and so are
 * blocks that have no row, because the image does not get there.
 *
 * @param name - of the result
 * @param gates - `[l]`: `bool [1, N]` of the first blocks
 * @returns the name of the result
 */
export function emitGates(
  graph: GraphBuilder,
  name: string,
  gates: readonly string[],
  subBlocks: readonly number[],
): string {
  const most = Math.max(...subBlocks);
  const rows = gates.map((row, l) => {
    const missing = most - (subBlocks[l] as number);
    if (missing === 0) return row;
    const closed = graph.initialiser(`${row}.none`, [1, missing], new Uint8Array(missing));
    return graph.node('Concat', `${row}.row`, [row, closed], { axis: { int: 1 } });
  });
  const unreached = subBlocks.length - gates.length;
  if (unreached > 0) {
    const closed = new Uint8Array(unreached * most);
    rows.push(graph.initialiser(`${name}.unreached`, [unreached, most], closed));
  }
  return graph.node('Concat', name, rows, { axis: { int: 0 } });
}

/**
 * Emits the output `macs`: `double`, multiply–accumulates of the image, or of each image if there are no gates.
 *
 * @param stage - `int64 []`: the stage that answers, in a file of stages
 */
export function emitMacs(
  graph: GraphBuilder,
  { subBlocks, subBlockMacs, alwaysMacs, cascade }: FileDescription,
  stage?: string,
): void {
  const stages = cascade?.stages.map((each) => each.alwaysMacs);
  const costsOfStages =
    stages && graph.initialiser('macs.stages', [stages.length], Float64Array.from(stages));
  const always =
    costsOfStages !== undefined && stage !== undefined
      ? graph.node('Gather', 'macs.always', [costsOfStages, stage], { axis: { int: 0 } })
      : graph.initialiser('macs.always', [], Float64Array.of(alwaysMacs));
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
