import { type FlopsTable, alwaysMacs, fullMacs } from '@dmnn/flops';
import { jointOptimum } from '@dmnn/losses';
import type { PaperNumbers } from './paper-numbers.js';

/** What an image costs on average where a row's target rate is met as well as it can be: nothing measured. */
export interface TargetCost {
  /** Multiply–accumulates of one image. */
  readonly macs: number;
  /** How often a gate is open. */
  readonly executionRate: number;
  /** `macs` as a share of the network's own with all gates open. */
  readonly flopsRate: number;
  /** `all-open` without a target; else how the target became a rate. */
  readonly from: 'all-open' | 'joint-optimum' | 'target';
}

/**
 * The cost that a row's target rate asks for.
 *
 * DMNN trains gates by two losses that want different things where part of the cost is fixed, so it is the cost where
 * both together are least. ConvNet-AIG has only the first of them, so it is the cost of the target itself.
 *
 * @param table - costs of the network of ours that stands for the row
 * @see DMNN §3.3 Eq. 12 and 14
 */
export function targetCost(table: FlopsTable, { system, targetRate }: PaperNumbers): TargetCost {
  const full = fullMacs(table);
  if (targetRate === undefined) return { macs: full, executionRate: 1, flopsRate: 1, from: 'all-open' };
  if (system !== 'convnet-aig') {
    const { executionRate, flopsRate } = jointOptimum(table, targetRate);
    return { macs: flopsRate * full, executionRate, flopsRate, from: 'joint-optimum' };
  }
  const always = alwaysMacs(table);
  const macs = always + targetRate * (full - always);
  return { macs, executionRate: targetRate, flopsRate: macs / full, from: 'target' };
}
