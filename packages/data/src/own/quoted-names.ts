import { printable } from '@dmnn/foundation';
import { shownPath } from '../system-path.js';

/** Names of classes for a message: quoted, on one line, without what a terminal would interpret; the first five. */
export function quotedNames(names: readonly string[]): string {
  const first = names.slice(0, 5).map((name) => printable(JSON.stringify(shownPath(name)), 100));
  return `${first.join(', ')}${names.length > first.length ? `, … (${names.length} in all)` : ''}`;
}
