import { editDistance } from './edit-distance.js';

/**
 * Which of the candidates a mistyped name may have meant: the ones the fewest edits away (insert, delete, replace, swap
 * neighbours), nearest first, in the candidates' order where equally near. Case, hyphens and underscores do not count.
 *
 * @param name - what was typed
 * @param candidates - what there is
 * @param limit - how many at most
 * @returns only candidates within a third of the name's length, and at least two edits
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
  return candidates
    .map((candidate) => ({ candidate, edits: editDistance(typed, candidate) }))
    .filter(({ edits }) => edits <= reach)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** Beyond it a name is no name that somebody mistyped, and comparing it would take long. */
const LONGEST = 100;
