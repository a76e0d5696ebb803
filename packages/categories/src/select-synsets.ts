import { type SelectionTable, cell, emptyTable, joined, offer } from './selection-table.js';
import type { TreeNode } from './synset-tree.js';

/** The conditions that a selection must meet. */
export interface SelectionRules {
  /** Number of synsets to choose. */
  readonly count: number;
  /** Minimum number of classes of each. */
  readonly minimumClasses: number;
  /** Synsets whose classes must all be covered by selected synsets at or under them: the groups. */
  readonly closed: ReadonlySet<string>;
}

/** The best selections. */
export interface Selected {
  /** The chosen synsets' wnids, of one of the best selections. Empty if `ways` is 0. */
  readonly wnids: readonly string[];
  /** Σ over classes of φ(n) in micro-bits, the minimised cost. Infinity if there is no selection. */
  readonly cost: number;
  /** Number of selections with this cost. */
  readonly ways: number;
}

/**
 * Chooses the synsets whose labels carry the most information: minimises Σ over classes of φ(n(the chosen synset
 * above)), φ(n) = round(10⁶ · log2 n), exactly, by dynamic programming over the tree in integers below 2⁵³.
 *
 * Only synsets with two or more children may be chosen: a synset with a single child describes the same classes less
 * specifically.
 */
export function selectSynsets(root: TreeNode, rules: SelectionRules): Selected {
  const { count } = rules;
  const closed = new Set([...rules.closed, root.synset.wnid]); // every class needs a category
  const solved = solve(root, { ...rules, closed });
  const at = cell(solved.table, count, 0);
  const cost = count <= solved.table.most ? (solved.table.cost[at] as number) : Infinity;
  if (cost === Infinity) return { wnids: [], cost, ways: 0 };
  return {
    wnids: traced(solved, count, 0, rules.minimumClasses),
    cost,
    ways: solved.table.ways[at] as number,
  };
}

/**
 * φ. No 10⁶ · log2 of an integer up to 1000 is closer than 1.6e−4 to a rounding boundary, so all JavaScript engines
 * agree.
 */
function information(classes: number): number {
  return Math.round(1e6 * Math.log2(classes));
}

interface Solved {
  readonly node: TreeNode;
  readonly children: readonly Solved[];
  /** `[i]`: the first i + 1 children together. */
  readonly joins: readonly SelectionTable[];
  readonly table: SelectionTable;
}

function solve(top: TreeNode, rules: SelectionRules): Solved {
  let node = top;
  let closed = rules.closed.has(node.synset.wnid);
  while (node.children.length === 1) {
    node = node.children[0] as TreeNode;
    closed ||= rules.closed.has(node.synset.wnid);
  }
  if (node.children.length === 0) {
    const table = emptyTable(0, 1);
    if (!closed) offer(table, 0, 1, 0, 1);
    return { node, children: [], joins: [], table };
  }
  const children = node.children.map((child) => solve(child, rules));
  const joins: SelectionTable[] = [];
  for (const { table } of children) {
    const before = joins.at(-1);
    joins.push(before ? joined(before, table, rules.count) : table);
  }
  const below = joins.at(-1) as SelectionTable;
  const table = emptyTable(Math.min(rules.count, below.most + 1), node.classes);
  const each = information(node.classes);
  for (let k = 0; k <= below.most; k++) {
    for (let u = 0; u <= below.classes; u++) {
      const at = cell(below, k, u);
      const cost = below.cost[at] as number;
      const ways = below.ways[at] as number;
      if (u === 0 || !closed) offer(table, k, u, cost, ways);
      if (k < rules.count && u >= rules.minimumClasses) offer(table, k + 1, 0, cost + u * each, ways);
    }
  }
  return { node, children, joins, table };
}

/** The synsets that one of the best ways to (k, u) chooses. */
function traced(solved: Solved, k: number, u: number, minimumClasses: number): string[] {
  const { node, children, joins, table } = solved;
  if (children.length === 0) return [];
  const below = joins.at(-1) as SelectionTable;
  const goal = table.cost[cell(table, k, u)] as number;
  const wnids: string[] = [];
  let [wantedK, wantedU] = [k, u];
  if (k > below.most || below.cost[cell(below, k, u)] !== goal) {
    wnids.push(node.synset.wnid);
    wantedK = k - 1;
    wantedU = minimumClasses;
    const each = information(node.classes);
    while ((below.cost[cell(below, wantedK, wantedU)] as number) + wantedU * each !== goal) wantedU++;
  }
  for (let last = children.length - 1; last > 0; last--) {
    const child = children[last] as Solved;
    const [takenK, takenU] = share(
      joins[last - 1] as SelectionTable,
      child.table,
      joins[last] as SelectionTable,
      wantedK,
      wantedU,
    );
    wnids.push(...traced(child, takenK, takenU, minimumClasses));
    wantedK -= takenK;
    wantedU -= takenU;
  }
  wnids.push(...traced(children[0] as Solved, wantedK, wantedU, minimumClasses));
  return wnids;
}

/** The contribution of the right one of two joined tables to the best way to (k, u). */
function share(
  left: SelectionTable,
  right: SelectionTable,
  both: SelectionTable,
  k: number,
  u: number,
): readonly [k: number, u: number] {
  const goal = both.cost[cell(both, k, u)] as number;
  for (let more = Math.max(0, k - left.most); more <= Math.min(k, right.most); more++) {
    for (let rest = Math.max(0, u - left.classes); rest <= Math.min(u, right.classes); rest++) {
      const cost =
        (left.cost[cell(left, k - more, u - rest)] as number) +
        (right.cost[cell(right, more, rest)] as number);
      if (cost === goal) return [more, rest];
    }
  }
  throw new Error(`no way to (${k}, ${u}) though its cost is known: a bug in selectSynsets`);
}
