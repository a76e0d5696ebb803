import { type FlopsTable, alwaysMacs, fullMacs } from '@dmnn/flops';
import { jointOptimum } from '@dmnn/losses';
import type { PaperNumbers } from '../rows/paper-numbers.js';

/** What an image costs on average where a row's target rate is met as well as it can be: nothing measured. */
export interface TargetCost {
  /** Multiply–accumulates of one image. */
  readonly macs: number;
  /** How often a gate is open. */
  readonly executionRate: number;
  /** `macs` as a share of the network's own with all gates open. */
  readonly flopsRate: number;
  /** t; undefined without a target. */
  readonly t: number | undefined;
  /** `all-open` without a target; else how the target became a rate. */
  readonly from: 'all-open' | 'joint-optimum' | 'target';
}

/**
 * The cost that a row's target rate asks for.
 *
 * DMNN trains gates by two losses that want different things where part of the cost is fixed, so it is the cost where
 * both together are least. ConvNet-AIG has a target for each block and nothing else, so it is the cost of its targets.
 *
 * @param table - costs of the network of ours that stands for the row
 * @param layerTargets - ConvNet-AIG's target of each gated block
 * @see DMNN §3.3 Eq. 12 and 14
 */
export function targetCost(
  table: FlopsTable,
  { targetRate: t }: PaperNumbers,
  layerTargets?: readonly number[],
): TargetCost {
  const full = fullMacs(table);
  if (t === undefined) return { macs: full, executionRate: 1, flopsRate: 1, t, from: 'all-open' };
  if (!layerTargets) {
    const { executionRate, flopsRate } = jointOptimum(table, t);
    return { macs: flopsRate * full, executionRate, flopsRate, t, from: 'joint-optimum' };
  }
  const gated = table.subBlockMacs.map((subBlocks, l) => (layerTargets[l] as number) * sum(subBlocks));
  const macs = alwaysMacs(table) + sum(gated);
  const executionRate = sum(layerTargets) / layerTargets.length;
  return { macs, executionRate, flopsRate: macs / full, t, from: 'target' };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
