import type { FlopsTable } from '@dmnn/flops';
import { LossError } from './loss-error.js';

/** A cost table as shares of the full network's MACs. They sum to 1. */
export interface MacShares {
  readonly fullMacs: number;
  /** What every image runs: stem, shortcuts, head and controllers. */
  readonly fixed: number;
  /** `[l][n]`: sub-block n of block l. */
  readonly subBlocks: readonly (readonly number[])[];
}

/** @throws {@link LossError} if a cost is not a finite number ≥ 0, or all are 0. */
export function macShares(table: FlopsTable): MacShares {
  const always = [table.fixedMacs, ...table.controllerMacs];
  const costs = [...always, ...table.subBlockMacs.flat()];
  const fullMacs = sum(costs);
  if (!costs.every((cost) => cost >= 0) || !(fullMacs > 0 && fullMacs < Infinity)) {
    throw new LossError(
      'table',
      'finite MACs >= 0, not all 0',
      JSON.stringify(table),
      'See flopsTable of @dmnn/flops.',
    );
  }
  return {
    fullMacs,
    fixed: sum(always) / fullMacs,
    subBlocks: table.subBlockMacs.map((block) => block.map((cost) => cost / fullMacs)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
