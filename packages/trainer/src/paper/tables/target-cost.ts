import { type FlopsTable, alwaysMacs, fullMacs } from '@dmnn/flops';
import { jointOptimum } from '@dmnn/losses';
import { type LossTarget, reportedTarget } from '../../gates/loss-target.js';

/** What an image costs on average where a target is met as well as it can be: nothing measured. */
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
 * The cost that a target of the gates asks for.
 *
 * DMNN trains gates by two losses that want different things where part of the cost is fixed, so it is the cost where
 * both together are least. ConvNet-AIG has a target for each block and nothing else, so it is the cost of its targets.
 *
 * @param table - costs of the network that is trained for it
 * @param target - undefined: gates that are all open, or none
 * @see DMNN §3.3 Eq. 12 and 14
 */
export function targetCost(table: FlopsTable, target: LossTarget | undefined): TargetCost {
  const full = fullMacs(table);
  if (!target) return { macs: full, executionRate: 1, flopsRate: 1, t: undefined, from: 'all-open' };
  const t = reportedTarget(target);
  if (target.kind === 'joint') {
    const { executionRate, flopsRate } = jointOptimum(table, t);
    return { macs: flopsRate * full, executionRate, flopsRate, t, from: 'joint-optimum' };
  }
  const { rates } = target;
  const gated = table.subBlockMacs.map((subBlocks, l) => (rates[l] as number) * sum(subBlocks));
  const macs = alwaysMacs(table) + sum(gated);
  const executionRate = sum(rates) / rates.length;
  return { macs, executionRate, flopsRate: macs / full, t, from: 'target' };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
