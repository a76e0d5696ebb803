/**
 * Number of letters to insert, delete, replace or swap with their neighbour to turn one name into the other: optimal
 * string alignment distance. Case is ignored, and so are `-` and `_`.
 */
export function editDistance(from: string, to: string): number {
  const [a, b] = [plain(from), plain(to)];
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let edits = Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        edits = Math.min(edits, at(beforePrevious, column - 2) + 1);
      }
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
