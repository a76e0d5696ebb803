import { categoriesError } from './categories-error.js';
import type { Synset } from './synset.js';

/** A synset in the tree of primary hypernyms. */
export interface TreeNode {
  readonly synset: Synset;
  readonly parent: TreeNode | undefined;
  /** The children that lead to a class, sorted by wnid. */
  readonly children: readonly TreeNode[];
  /** Number of classes at or under it. */
  readonly classes: number;
}

/** The top of WordNet, the root of the tree. */
const ENTITY = 'n00001740';
/** Chains are measured from here: *physical entity*. */
const PHYSICAL_ENTITY = 'n00001930';

/**
 * The parent of every synset in the tree: the hypernym with the longest chain up to *physical entity* (hypernyms
 * without such a chain come last), the first listed among equals. Undefined for the root.
 *
 * @throws DmnnError `DMNN_CATEGORIES` if a hypernym is not among the synsets, or hypernyms form a cycle.
 * @see Bertinetto et al. 2020, Making Better Mistakes: the same rule, with ties resolved by hand.
 */
export function primaryHypernyms(synsets: readonly Synset[]): ReadonlyMap<string, string | undefined> {
  const byWnid = new Map(synsets.map((synset) => [synset.wnid, synset]));
  const chains = new Map<string, number>([[PHYSICAL_ENTITY, 0]]);
  const open = new Set<string>();
  const chain = (wnid: string): number => {
    const known = chains.get(wnid);
    if (known !== undefined) return known;
    const synset = byWnid.get(wnid);
    if (!synset) throw categoriesError(`synsets: expected every hypernym among them, got none named ${wnid}`);
    if (open.has(wnid))
      throw categoriesError(`synsets: expected no cycle of hypernyms, got one through ${wnid}`);
    open.add(wnid);
    const longest = Math.max(-1, ...synset.hypernyms.map(chain));
    open.delete(wnid);
    const length = longest < 0 ? -1 : longest + 1; // −1: no chain to physical entity
    chains.set(wnid, length);
    return length;
  };
  return new Map(
    synsets.map(({ wnid, hypernyms }) => {
      const lengths = hypernyms.map(chain);
      return [wnid, hypernyms[lengths.indexOf(Math.max(...lengths))]];
    }),
  );
}

/**
 * WordNet as a tree: the chains of primary hypernyms from every class up to *entity*.
 *
 * @returns the root, and every node by wnid.
 * @throws DmnnError `DMNN_CATEGORIES` if a class's chain does not end in *entity*.
 */
export function synsetTree(synsets: readonly Synset[]): {
  readonly root: TreeNode;
  readonly nodes: ReadonlyMap<string, TreeNode>;
} {
  const primary = primaryHypernyms(synsets);
  const byWnid = new Map(synsets.map((synset) => [synset.wnid, synset]));
  const nodes = new Map<string, Growing>();
  const grow = (wnid: string): Growing => {
    const grown = nodes.get(wnid);
    if (grown) return grown;
    const above = primary.get(wnid);
    if (above === undefined && wnid !== ENTITY) {
      throw categoriesError(
        `synsets: expected every chain to end in ${ENTITY} (entity), got one that ends in ${wnid}`,
      );
    }
    const parent = above === undefined ? undefined : grow(above);
    const node: Growing = { synset: byWnid.get(wnid) as Synset, parent, children: [], classes: 0 };
    parent?.children.push(node);
    nodes.set(wnid, node);
    return node;
  };
  for (const { wnid, classIndex } of synsets) {
    if (classIndex === undefined) continue;
    for (let node: Growing | undefined = grow(wnid); node; node = node.parent) node.classes++;
  }
  const root = nodes.get(ENTITY);
  if (!root) throw categoriesError('synsets: expected at least one class (classIndex), got none');
  return { root, nodes };
}

interface Growing extends TreeNode {
  readonly parent: Growing | undefined;
  readonly children: Growing[];
  classes: number;
}
