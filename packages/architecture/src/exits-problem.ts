import type { Architecture } from './architecture.js';

/**
 * Why something that runs every image to the end cannot take a network: it would leave out exits without a word.
 *
 * @returns undefined for a network without exits
 */
export function exitsProblem({ name, exits }: Architecture): string | undefined {
  if (!exits) return undefined;
  return `exits: expected none, since every image runs to the end here, got the ${exits.length} of ${name}`;
}

/** What to do about it. */
export const EXITS_REMEDY =
  'Run it with TensorFlow.js, or leave out the exits and their weights: the answers of the head do not depend on them.';
