import { subdivideError } from './subdivide-error.js';

/** Returns the number of sub-blocks if it is an integer ≥ 1; otherwise throws DmnnError `DMNN_SUBDIVIDE`. */
export function checkedSubBlockCount(subBlocks: number): number {
  if (Number.isSafeInteger(subBlocks) && subBlocks >= 1) return subBlocks;
  throw subdivideError(
    `subBlocks: expected an integer ≥ 1, got ${String(subBlocks)}. The paper uses 2, 3 and 4.`,
  );
}
