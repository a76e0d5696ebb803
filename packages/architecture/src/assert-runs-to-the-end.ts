import { ArchitectureError } from './architecture-error.js';
import type { Architecture } from './architecture.js';

/**
 * Refuses exits where they would be left out without a word.
 *
 * @param use - what cannot take them, such as `exported files`
 * @throws ArchitectureError
 */
export function assertRunsToTheEnd({ name, exits }: Architecture, use: string): void {
  if (!exits) return;
  throw new ArchitectureError(
    `architecture ${JSON.stringify(name)}`,
    [`exits: expected none, since ${use} run every image to the end, got ${exits.length}`],
    'Leave out exits and their weights: the answers of the head do not depend on them.',
  );
}
