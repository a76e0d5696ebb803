import { SubdivideError } from './subdivide-error.js';

/** Passes a number of sub-blocks through, or throws SubdivideError if it is not a whole number from 1. */
export function checkedSubBlockCount(subBlocks: number): number {
  if (Number.isSafeInteger(subBlocks) && subBlocks >= 1) return subBlocks;
  throw new SubdivideError(
    `subBlocks: expected a whole number from 1, got ${String(subBlocks)}. The paper uses 2, 3 and 4.`,
  );
}
