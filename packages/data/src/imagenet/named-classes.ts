import { imagenetClasses } from '@dmnn/categories';

/** What a name stands for: classes of ImageNet, none if it is unknown, several if they share it. */
type Candidates = readonly number[];

const WNID = /^n\d{8}(?![0-9a-z])/i;

let byName: ReadonlyMap<string, ReadonlySet<number>> | undefined;
let byWnid: ReadonlyMap<string, number> | undefined;

/**
 * The class of ImageNet with this wnid.
 *
 * @returns undefined if it is none
 */
export function classOfWnid(wnid: string): number | undefined {
  byWnid ??= new Map(imagenetClasses.map((each) => [each.wnid, each.index]));
  return byWnid.get(wnid);
}

/**
 * What the names of a list of classes stand for, one by one: wnids (also followed by names), or names as in ImageNet,
 * alone or several with commas between them. A name that two classes share (crane, maillot) decides nothing by itself.
 * But if the list has 1000 entries and every other name stands at its own class, its order is ImageNet's.
 *
 * @returns `[number]`
 */
export function namedClasses(names: readonly string[]): readonly Candidates[] {
  const found = names.map(candidates);
  const inOrder =
    names.length === imagenetClasses.length &&
    found.every((classes, i) => classes.includes(i)) &&
    found.some((classes) => classes.length === 1);
  return inOrder ? names.map((_, i) => [i]) : found;
}

function candidates(name: string): Candidates {
  const wnid = WNID.exec(name.trim())?.[0];
  if (wnid !== undefined) {
    const found = classOfWnid(wnid.toLowerCase());
    return found === undefined ? [] : [found];
  }
  byName ??= classesByName();
  const parts = name.split(',').map((part) => byName?.get(plain(part)) ?? new Set<number>());
  return [...(parts[0] ?? [])].filter((found) => parts.every((part) => part.has(found)));
}

function classesByName(): ReadonlyMap<string, ReadonlySet<number>> {
  const map = new Map<string, Set<number>>();
  for (const { index, names } of imagenetClasses) {
    for (const name of names) {
      const classes = map.get(plain(name)) ?? new Set();
      map.set(plain(name), classes.add(index));
    }
  }
  return map;
}

/** Some lists write `great_white_shark`. */
function plain(name: string): string {
  return name.trim().toLowerCase().replaceAll('_', ' ');
}
