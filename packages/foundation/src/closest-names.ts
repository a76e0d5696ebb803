import { editDistance } from './edit-distance.js';

/**
 * The candidates that a mistyped name may stand for: those the fewest edits away (insert, delete, replace, swap
 * neighbours), closest first, ties in the candidates' order; then those that begin with it. Case, hyphens and underscores
 * do not count.
 *
 * @param name - the mistyped name
 * @param candidates - the valid names
 * @param limit - maximum number of suggestions
 * @returns only candidates within a third of the name's length or within two edits, or that begin with its three or more
 *   characters
 * @example
 * ```ts
 * import { closestNames } from '@dmnn/foundation';
 *
 * console.log(closestNames('resnt-50', ['resnet18', 'resnet50', 'mobilenetv2'])); // => [ 'resnet50' ]
 * ```
 */
export function closestNames(name: string, candidates: readonly string[], limit = 3): string[] {
  const typed = name.slice(0, LONGEST);
  const reach = Math.max(2, Math.floor(typed.replace(/[-_]/g, '').length / 3));
  const near = candidates
    .map((candidate) => ({ candidate, edits: editDistance(typed, candidate) }))
    .filter(({ edits }) => edits <= reach)
    .sort((a, b) => a.edits - b.edits)
    .map(({ candidate }) => candidate);
  const begun = candidates.filter((candidate) => beginsWith(candidate, typed) && !near.includes(candidate));
  return [...near, ...begun].slice(0, limit);
}

function beginsWith(candidate: string, typed: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[-_]/g, '');
  return plain(typed).length >= 3 && plain(candidate).startsWith(plain(typed));
}

/** Longer names are not typing errors, and comparing them would take long. */
const LONGEST = 100;
