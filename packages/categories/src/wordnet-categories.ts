import { isDmnnError, printable } from '@dmnn/foundation';
import { imagenetGroups } from './category-group.js';
import { categoriesError } from './categories-error.js';
import { type ClassCategories, numberedCategories } from './class-categories.js';
import { computeCategories } from './compute-categories.js';
import type { Synset } from './synset.js';
import { wordnetSynsets } from './wordnet-synsets.generated.js';

/** Options of {@link wordnetCategories}. */
export interface WordnetCategoriesOptions {
  /**
   * Number of categories. Default: the one nearest to 2.4 · classes^0.46 for which the best choice is unique, which is about the
   * paper's 58 of 1000 and CIFAR-100's 20 of 100.
   */
  readonly count?: number | undefined;
}

/**
 * Groups classes that are nouns of WordNet into categories, by the rule of the 58 categories of ImageNet. Classes are wnids
 * (`n01440764`, also followed by more) or words (`kit fox`, `kit_fox`) that are the first of one synset, or in one only, among ImageNet's 1000 classes and what
 * stands above them in WordNet: this package has no other nouns.
 *
 * @param classNames - `[class]`
 * @throws DmnnError `DMNN_CATEGORIES` naming the classes that are no such nouns, or stand for several synsets or for one that
 * another class has; or if there is no unique choice of `count` categories. RangeError if `count` is not an integer ≥ 2
 * @example
 * ```ts
 * import { wordnetCategories } from '@dmnn/categories';
 *
 * const { categoryNames, categoryOfClass } = wordnetCategories(['goldfish', 'tench', 'tabby', 'lion'], { count: 2 });
 * console.log(categoryNames.length, categoryOfClass.join()); // => 2 0,0,1,1
 * ```
 */
export function wordnetCategories(
  classNames: readonly string[],
  { count }: WordnetCategoriesOptions = {},
): ClassCategories {
  if (count !== undefined && (!Number.isInteger(count) || count < 2)) {
    throw new RangeError(`count: expected an integer ≥ 2, got ${count}`);
  }
  const synsets = synsetsOf(classNames);
  const of = (categories: number): ClassCategories => {
    // half of the mean, at most the 5 of ImageNet's categories
    const minimumClasses = Math.max(1, Math.min(5, Math.floor(classNames.length / (2 * categories))));
    const there = new Set(synsets.map(({ wnid }) => wnid));
    const groups = imagenetGroups.filter(({ wnid }) => there.has(wnid));
    const found = computeCategories({ count: categories, minimumClasses, groups, synsets });
    return numberedCategories(found.categoryOfClass.map((id) => found.categories[id]?.name ?? ''));
  };
  if (count !== undefined) return of(count);
  const wanted = Math.max(
    2,
    Math.min(Math.floor(classNames.length / 2), Math.round(2.4 * classNames.length ** 0.46)),
  );
  for (let distance = 0; distance < wanted; distance++) {
    for (const near of distance === 0 ? [wanted] : [wanted - distance, wanted + distance]) {
      if (near < 2) continue;
      try {
        return of(near);
      } catch (error) {
        if (!isDmnnError(error, 'DMNN_CATEGORIES')) throw error;
      }
    }
  }
  throw categoriesError(
    `wordnet: expected classes that WordNet groups in one best way, got none near ${wanted} categories. Give their number, or the categories in a file.`,
  );
}

/** The synsets of the classes and those above them, numbered by the classes. */
function synsetsOf(classNames: readonly string[]): Synset[] {
  const byWnid = new Map(wordnetSynsets.map((synset) => [synset.wnid, synset]));
  const byWord = new Map<string, Synset[]>();
  for (const synset of wordnetSynsets)
    for (const lemma of synset.lemmas)
      byWord.set(plain(lemma), [...(byWord.get(plain(lemma)) ?? []), synset]);
  const problems: string[] = [];
  const labelOf = new Map<string, number>();
  for (const [label, name] of classNames.entries()) {
    const wnid = /^n\d{8}(?![0-9a-z])/i.exec(name.trim())?.[0].toLowerCase();
    const known = wnid === undefined ? undefined : byWnid.get(wnid);
    const named = byWord.get(plain(name)) ?? [];
    // `cat` is the first word of one synset, and one of the words for big cats
    const firstWords = named.filter(({ lemmas }) => plain(lemmas[0] ?? '') === plain(name));
    const found = wnid !== undefined ? (known ? [known] : []) : firstWords.length > 0 ? firstWords : named;
    const [first, ...others] = found;
    const other = first && labelOf.get(first.wnid);
    if (!first) problems.push(`${quoted(name)} is none`);
    else if (others.length > 0)
      problems.push(`${quoted(name)} is ${found.map((each) => each.wnid).join(' and ')}`);
    else if (other !== undefined)
      problems.push(`${quoted(name)} and ${quoted(classNames[other] ?? '')} are one`);
    else labelOf.set(first.wnid, label);
  }
  if (problems.length > 0) {
    throw categoriesError(
      `wordnet: expected classes that are nouns among ImageNet's part of WordNet, by wnid or by a word that decides, got ${problems.length} that are not: ` +
        `${problems.slice(0, 5).join(', ')}${problems.length > 5 ? ', …' : ''}. Give the categories in a file, or let a trained network find them (auto=K).`,
    );
  }
  const needed = new Set<string>();
  const need = (wnid: string): void => {
    if (needed.has(wnid)) return;
    needed.add(wnid);
    for (const above of byWnid.get(wnid)?.hypernyms ?? []) need(above);
  };
  for (const wnid of labelOf.keys()) need(wnid);
  const parents = new Set([...needed].flatMap((wnid) => byWnid.get(wnid)?.hypernyms ?? []));
  return wordnetSynsets
    .filter(({ wnid }) => needed.has(wnid))
    .flatMap(({ wnid, lemmas, hypernyms }): Synset[] => {
      const classIndex = labelOf.get(wnid);
      if (classIndex === undefined) return [{ wnid, lemmas, hypernyms }];
      // a class with others under it is a leaf of its own beside them
      if (parents.has(wnid))
        return [
          { wnid, lemmas, hypernyms },
          { wnid: `${wnid}.`, lemmas, hypernyms: [wnid], classIndex },
        ];
      return [{ wnid, lemmas, hypernyms, classIndex }];
    });
}

function plain(text: string): string {
  return text.trim().toLowerCase().replaceAll('_', ' ');
}

function quoted(name: string): string {
  return printable(JSON.stringify(name), 60);
}
