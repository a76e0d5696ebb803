import { subdivideError } from './subdivide-error.js';

/** Passes a number of sub-blocks through, or throws DmnnError `DMNN_SUBDIVIDE` if it is not a whole number from 1. */
export function checkedSubBlockCount(subBlocks: number): number {
  if (Number.isSafeInteger(subBlocks) && subBlocks >= 1) return subBlocks;
  throw subdivideError(
    `subBlocks: expected a whole number from 1, got ${String(subBlocks)}. The paper uses 2, 3 and 4.`,
  );
}
