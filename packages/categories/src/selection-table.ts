/**
 * For every k and u: the lowest cost of choosing k synsets at or under a node so that u classes under it have no
 * category, and the number of ways to attain it.
 */
export interface SelectionTable {
  /** Largest k, inclusive. */
  readonly most: number;
  /** Largest u, inclusive: the classes under the node. */
  readonly classes: number;
  /** `[k · (classes + 1) + u]`: micro-bits; Infinity where there is no way. */
  readonly cost: Float64Array;
  /** For every cost, the number of selections that attain it. */
  readonly ways: Float64Array;
}

/** A table without any selection. */
export function emptyTable(most: number, classes: number): SelectionTable {
  const cells = (most + 1) * (classes + 1);
  return { most, classes, cost: new Float64Array(cells).fill(Infinity), ways: new Float64Array(cells) };
}

/** Index of (k, u) in a table. */
export function cell(table: SelectionTable, k: number, u: number): number {
  return k * (table.classes + 1) + u;
}

/** Records another way to (k, u). */
export function offer(table: SelectionTable, k: number, u: number, cost: number, ways: number): void {
  const at = cell(table, k, u);
  const least = table.cost[at] as number;
  if (cost < least) {
    table.cost[at] = cost;
    table.ways[at] = ways;
  } else if (cost === least && cost < Infinity) {
    table.ways[at] = (table.ways[at] as number) + ways;
  }
}

/** Min-plus convolution: the combined choices under two subtrees, at most `limit` synsets. */
export function joined(left: SelectionTable, right: SelectionTable, limit: number): SelectionTable {
  const table = emptyTable(Math.min(limit, left.most + right.most), left.classes + right.classes);
  for (let k = 0; k <= left.most; k++) {
    for (let u = 0; u <= left.classes; u++) {
      const at = cell(left, k, u);
      const cost = left.cost[at] as number;
      if (cost === Infinity) continue;
      const ways = left.ways[at] as number;
      for (let more = 0; more <= right.most && k + more <= limit; more++) {
        for (let rest = 0; rest <= right.classes; rest++) {
          const rightAt = cell(right, more, rest);
          const added = right.cost[rightAt] as number;
          if (added < Infinity)
            offer(table, k + more, u + rest, cost + added, ways * (right.ways[rightAt] as number));
        }
      }
    }
  }
  return table;
}
