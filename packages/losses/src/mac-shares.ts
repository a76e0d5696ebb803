import { type FlopsTable, alwaysMacs, fullMacs } from '@dmnn/flops';
import { lossError } from './loss-error.js';

/** A cost table as fractions of the full network's MACs, which sum to 1. */
export interface MacShares {
  /** The part that every image runs: stem, shortcuts, head and controllers. */
  readonly always: number;
  /** `[l][n]`: sub-block n of block l. */
  readonly subBlocks: readonly (readonly number[])[];
}

/** @throws DmnnError `DMNN_LOSS` if a cost is not a finite number ≥ 0, or all are 0. */
export function macShares(table: FlopsTable): MacShares {
  const full = fullMacs(table);
  const costs = [table.fixedMacs, ...table.controllerMacs, ...table.subBlockMacs.flat()];
  if (!costs.every((cost) => cost >= 0) || !(full > 0 && full < Infinity)) {
    throw lossError(
      'table',
      'finite MACs >= 0, not all 0',
      JSON.stringify(table, (_, value: unknown) => (typeof value === 'number' ? String(value) : value)), // JSON has no NaN
      'See flopsTable of @dmnn/flops.',
    );
  }
  return {
    always: alwaysMacs(table) / full,
    subBlocks: table.subBlockMacs.map((block) => block.map((cost) => cost / full)),
  };
}
