import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectSynsets } from './select-synsets.js';
import type { Synset } from './synset.js';
import { type TreeNode, synsetTree } from './synset-tree.js';

/** A tree from a list of parents: node i hangs under node parents[i] mod i; those without children are classes. */
function treeOf(parents: readonly number[]): TreeNode {
  const wnid = (node: number): string => (node === 0 ? 'n00001740' : node === 1 ? 'n00001930' : `s${node}`);
  const above = [-1, 0, ...parents.map((parent, at) => 1 + (parent % (at + 1)))];
  const inner = new Set(above);
  let classIndex = 0;
  const synsets = above.map((parent, node): Synset => {
    const hypernyms = parent < 0 ? [] : [wnid(parent)];
    return {
      wnid: wnid(node),
      lemmas: [wnid(node)],
      hypernyms,
      ...(!inner.has(node) && { classIndex: classIndex++ }),
    };
  });
  return synsetTree(synsets).root;
}

function all(node: TreeNode): TreeNode[] {
  return [node, ...node.children.flatMap(all)];
}

/** Tries every set of synsets: the definition, word for word. */
function bruteForce(root: TreeNode, count: number, minimum: number, closed: ReadonlySet<string>) {
  const nodes = all(root);
  const candidates = nodes.filter(({ children }) => children.length > 1);
  const leaves = nodes.filter(({ children }) => children.length === 0);
  const chain = (node: TreeNode): TreeNode[] => (node.parent ? [node, ...chain(node.parent)] : [node]);
  let best = { cost: Infinity, sets: [] as string[] };
  for (let mask = 0; mask < 2 ** candidates.length; mask++) {
    const chosen = candidates.filter((_, at) => (mask >> at) & 1);
    if (chosen.length !== count) continue;
    const kept = new Map(chosen.map((node) => [node, 0]));
    let cost = 0;
    let admissible = true;
    for (const leaf of leaves) {
      const path = chain(leaf);
      const category = path.find((node) => kept.has(node));
      if (!category) {
        admissible = false;
        break;
      }
      kept.set(category, kept.get(category)! + 1);
      cost += Math.round(1e6 * Math.log2(category.classes));
      for (const group of path.filter(({ synset }) => closed.has(synset.wnid))) {
        // a category in the group: it, or one that covers the same classes because only one child follows
        if (category.classes > group.classes) admissible = false;
      }
    }
    if (!admissible || [...kept.values()].some((size) => size < minimum)) continue;
    const name = chosen
      .map(({ synset }) => synset.wnid)
      .sort()
      .join();
    if (cost < best.cost) best = { cost, sets: [name] };
    else if (cost === best.cost) best.sets.push(name);
  }
  return best;
}

describe('selectSynsets', () => {
  it('finds what trying every selection finds, and counts the ties', () => {
    const parents = fc.array(fc.nat(1000), { minLength: 3, maxLength: 22 });
    let compared = 0;
    fc.assert(
      fc.property(
        parents,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(30),
        (list, count, minimum, group) => {
          const root = treeOf(list);
          const branching = all(root).filter(({ children }) => children.length > 1);
          fc.pre(branching.length <= 12);
          const closed = new Set(group < branching.length ? [branching[group]!.synset.wnid] : []);
          const expected = bruteForce(root, count, minimum, closed);
          const found = selectSynsets(root, { count, minimumClasses: minimum, closed });
          expect([found.cost, found.ways]).toEqual([expected.cost, expected.sets.length]);
          if (found.ways > 0) {
            compared++;
            expect(expected.sets).toContain([...found.wnids].sort().join());
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  it('cannot cover a group that is a class', () => {
    const root = treeOf([0, 0, 0]); // one synset with three classes
    expect(selectSynsets(root, { count: 1, minimumClasses: 1, closed: new Set() }).ways).toBe(1);
    expect(selectSynsets(root, { count: 1, minimumClasses: 1, closed: new Set(['s2']) }).ways).toBe(0);
  });
});
