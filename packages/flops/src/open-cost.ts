import { gatesError } from './gates-error.js';

/** Gates of one block: whether each sub-block runs, or the rate at which it runs, from 0 to 1. */
export type Gates = readonly (boolean | number)[];

/** `[l][n]`: cost of sub-block n of gated block l, in any unit. */
export type SubBlockCosts = readonly (readonly number[])[];

/** The remedy for gates that do not fit a table. */
export const GATES_REMEDY = 'Pass one gate for each sub-block of each gated block, as in table.subBlockMacs.';

/**
 * Cost of the open sub-blocks of an image; the mean over images, if the gates are rates.
 *
 * @param what - names the gates in messages
 * @throws DmnnError `DMNN_GATES` with l and n in its message */
export function openCost(subBlockCosts: SubBlockCosts, gates: readonly Gates[], what: string): number {
  expectBlocks(subBlockCosts, gates, what);
  let total = 0;
  subBlockCosts.forEach((subBlocks, l) => {
    const block = gates[l] ?? [];
    if (block.length !== subBlocks.length) {
      const expected = `${subBlocks.length} gates, one for each sub-block`;
      throw gatesError(`${what}, block l = ${l}`, expected, String(block.length), GATES_REMEDY);
    }
    subBlocks.forEach((cost, n) => {
      const gate = valueOf(block[n]);
      if (!(gate >= 0 && gate <= 1)) {
        const where = `${what}, block l = ${l}, sub-block n = ${n}`;
        throw gatesError(where, 'a boolean or a number in [0, 1]', String(block[n]), GATES_REMEDY);
      }
      total += gate * cost;
    });
  });
  return total;
}

/** NaN for a value that is not a gate, so that `null` and `''` do not count as closed. */
function valueOf(gate: unknown): number {
  if (typeof gate === 'boolean') return gate ? 1 : 0;
  return typeof gate === 'number' ? gate : NaN;
}

/** @throws DmnnError `DMNN_GATES` if there is not one list of gates for each gated block */
export function expectBlocks(subBlockCosts: SubBlockCosts, gates: readonly unknown[], what: string): void {
  const blocks = subBlockCosts.length;
  if (gates.length === blocks) return;
  throw gatesError(what, `${blocks} gated blocks`, String(gates.length), GATES_REMEDY);
}
