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
 * import { closestNames } from '@dmnn/backbones';
 *
 * console.log(closestNames('resnt-50', ['resnet18', 'resnet50', 'mobilenetv2'])); // => [ 'resnet50' ]
 * ```
 */
export function closestNames(name: string, candidates: readonly string[], limit = 3): string[] {
  const typed = plain(name.slice(0, 100));
  const reach = Math.max(2, Math.floor(typed.length / 3));
  return candidates
    .map((candidate) => ({ candidate, edits: editDistance(typed, plain(candidate)) }))
    .filter(({ edits }) => edits <= reach)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/** Optimal string alignment: Levenshtein's distance where swapping two neighbours is one edit. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(previous, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      let edits = Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1);
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        edits = Math.min(edits, at(beforePrevious, column - 2) + 1);
      }
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
