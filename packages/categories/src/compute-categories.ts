import { type CategoryGroup, imagenetGroups } from './category-group.js';
import { categoriesError } from './categories-error.js';
import type { ImagenetCategory } from './imagenet-category.js';
import { selectSynsets } from './select-synsets.js';
import type { Synset } from './synset.js';
import { type TreeNode, synsetTree } from './synset-tree.js';
import { wordnetSynsets } from './wordnet-synsets.generated.js';

/** Options of {@link computeCategories}. The defaults give the 58 categories that ship with the package. */
export interface ComputeCategoriesOptions {
  /** Number of categories. Default 58, the paper's. */
  readonly count?: number;
  /** Least number of classes in a category. Default 5, the number in each of CIFAR-100's superclasses. */
  readonly minimumClasses?: number;
  /** Groups whose boundaries no category may cross. Default the four of the paper's Fig. 7; `[]` for none. */
  readonly groups?: readonly CategoryGroup[];
  /** The hierarchy, including the classes. Default ImageNet's part of WordNet 3.0. */
  readonly synsets?: readonly Synset[];
}

/** A partition of the classes. */
export interface Categories {
  /** `[category]`. */
  readonly categories: readonly ImagenetCategory[];
  /** `[class]`: id of its category. */
  readonly categoryOfClass: readonly number[];
  /** Σ over classes of round(10⁶ · log2(classes under the category's synset)), the minimised cost. */
  readonly cost: number;
}

/**
 * Groups ImageNet's classes into categories by WordNet. A selection is `count` synsets; each class belongs to the
 * most specific selected synset above it. Among the selections in which every category has at least `minimumClasses`
 * classes and none crosses the boundary of a group, this finds the one whose labels carry the most information on
 * average.
 *
 * The paper clusters "all the 1000 classes samples into 58 big categories with the help of the hierarchical
 * structure of ImageNet" and publishes neither list nor rule, so this replaces its 58 categories; it does not
 * reproduce them.
 *
 * @throws DmnnError `DMNN_CATEGORIES` if no selection is admissible, or if the best one is not unique;
 * `details.equallyGood` is their number. RangeError if `count` or `minimumClasses` is not an integer ≥ 1.
 * @see DMNN §3.2; information gain of a label: Deng et al. 2012, Hedging Your Bets.
 * @example
 * ```ts
 * import { computeCategories, imagenetCategories } from '@dmnn/categories';
 *
 * const { categories, cost } = computeCategories();
 * console.log(cost); // => 4824832204
 * console.log(JSON.stringify(categories) === JSON.stringify(imagenetCategories)); // => true
 *
 * const added = computeCategories({ count: 59 }).categories.filter(
 *   (category) => !categories.some(({ wnid }) => wnid === category.wnid),
 * );
 * console.log(added.map(({ name }) => name).join()); // => electronic equipment
 * ```
 */
export function computeCategories(options: ComputeCategoriesOptions = {}): Categories {
  const { count = 58, minimumClasses = 5, groups = imagenetGroups, synsets = wordnetSynsets } = options;
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`count: expected an integer ≥ 1, got ${count}`);
  if (!Number.isInteger(minimumClasses) || minimumClasses < 1) {
    throw new RangeError(`minimumClasses: expected an integer ≥ 1, got ${minimumClasses}`);
  }
  const { root, nodes } = synsetTree(synsets);
  for (const { name, wnid } of groups) {
    if (!nodes.has(wnid)) {
      throw categoriesError(`groups: expected synsets with classes under them, got ${wnid} (${name})`);
    }
  }
  const closed = new Set(groups.map(({ wnid }) => wnid));
  const { wnids, cost, ways } = selectSynsets(root, { count, minimumClasses, closed });
  if (ways === 0) {
    throw categoriesError(
      `count: no ${count} categories of at least ${minimumClasses} classes fit inside the groups. Choose a smaller count or minimumClasses.`,
    );
  }
  if (ways > 1) {
    throw categoriesError(
      `count: expected one best selection of ${count} categories, got ${ways} equally good ones. Choose another count or minimumClasses.`,
      ways,
    );
  }
  return { ...partition(nodes, new Set(wnids), groups), cost };
}

function partition(
  nodes: ReadonlyMap<string, TreeNode>,
  selected: ReadonlySet<string>,
  groups: readonly CategoryGroup[],
): Omit<Categories, 'cost'> {
  const classes = [...nodes.values()].filter(({ synset }) => synset.classIndex !== undefined);
  classes.sort((a, b) => (a.synset.classIndex as number) - (b.synset.classIndex as number));
  const members = new Map<TreeNode, number>(); // in order of their first class
  const chosen = classes.map((leaf) => {
    const above = ancestors(leaf).find(({ synset }) => selected.has(synset.wnid)) as TreeNode;
    members.set(above, (members.get(above) ?? 0) + 1);
    return above;
  });
  const order = [...members.keys()];
  const categories = order.map((node, id) => {
    const size = members.get(node) as number;
    const path = ancestors(node).map(({ synset }) => synset.wnid);
    const group = groups.find(({ wnid }) => path.includes(wnid))?.name ?? null;
    const { wnid, lemmas } = node.synset;
    const name = `${lemmas[0] as string}${size < node.classes ? ' (other)' : ''}`;
    return { id, wnid, name, group, size };
  });
  return { categories, categoryOfClass: chosen.map((node) => order.indexOf(node)) };
}

/** The node itself, then its ancestors. */
function ancestors(node: TreeNode): TreeNode[] {
  const chain: TreeNode[] = [];
  for (let at: TreeNode | undefined = node; at; at = at.parent) chain.push(at);
  return chain;
}
