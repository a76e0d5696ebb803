import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import {
  type FlopsTable,
  alwaysMacs,
  countNetwork,
  countUndivided,
  flopsTable,
  fullMacs,
  macsRatio,
} from '@dmnn/flops';
import { jointOptimum } from '@dmnn/losses';
import type { GatingRecipe } from '@dmnn/runs';
import { targetSchedule } from './gating-schedule.js';
import { type LayerTargets, layerTargetsOf } from './layer-targets.js';
import { lossTarget } from './loss-target.js';

/** Where the losses on rates are least: what gates come to if nothing else draws at them. Fractions. */
export interface GatingOptimum {
  /** What the recipe's target is of: see `targetOf`; `blocks` where each has a target of its own. */
  readonly targetOf: 'both' | 'rate' | 'flops' | 'blocks';
  /** t of Eq. 12 and 14 in force; with `blocks` the mean of their targets. */
  readonly lossTarget: number;
  /** Mean over the gated blocks. */
  readonly executionRate: number;
  /** Of each gated block; null where no loss asks for anything. */
  readonly blockRates: readonly (number | null)[];
  /** Share of the network's own MACs with all gates open. */
  readonly flopsRate: number;
  /** The same cost as a share of the undivided backbone's. */
  readonly macsRatio: number;
}

/**
 * What a gating recipe really asks of a network: the joint optimum of Eq. 12 and 14, or ConvNet-AIG's targets.
 *
 * @param progress - share of training, from 0 to 1, since the target may fall. Default 1: what holds in the end.
 * @throws RangeError if the recipe asks for a cost that no gates can come to; LossError of `@dmnn/losses` if the
 *   network has no costs.
 * @see DMNN §3.3 Eq. 12 and 14
 *
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { gatingOptimum } from '@dmnn/trainer';
 * import { parseRecipe } from '@dmnn/runs';
 *
 * const recipe = (gating: object) =>
 *   parseRecipe({ name: 'mine', model: { name: 'dmnn50-n2' }, epochs: 9, batchSize: 256, gating });
 * const optimum = (gating: object) => gatingOptimum(createArchitecture('dmnn50-n2'), recipe(gating).gating!);
 * const { executionRate, flopsRate } = optimum({ targetRate: 0.4 });
 * console.log(executionRate.toFixed(3), flopsRate.toFixed(3)); // => 0.363 0.442
 * console.log(optimum({ targetRate: 0.4, targetOf: 'flops' }).flopsRate.toFixed(3)); // => 0.400
 * ```
 */
export function gatingOptimum(architecture: Architecture, gating: GatingRecipe, progress = 1): GatingOptimum {
  return gatingOptima(architecture, gating)(progress);
}

/** The same at any share of training, for who asks more than once. */
export function gatingOptima(
  architecture: Architecture,
  gating: GatingRecipe,
): (progress: number) => GatingOptimum {
  const table = flopsTable(countNetwork(architecture));
  const undivided = countUndivided(architecture).macs;
  const layerTargets = layerTargetsOf(architecture, gating);
  if (layerTargets) {
    return (progress) => blocksOptimum(table, undivided, layerTargets, inForce(gating, progress));
  }
  const { targetOf = 'both' } = gating;
  const inTheEnd = lossTarget(gating, table);
  const blocks = gatedBlocks(architecture);
  return (progress) => {
    const target = inForce(gating, progress)(inTheEnd);
    const { executionRate, flopsRate } = jointOptimum(table, target);
    return {
      targetOf,
      lossTarget: target,
      executionRate,
      blockRates: blocks.map(() => executionRate),
      flopsRate,
      macsRatio: macsRatio(flopsRate * fullMacs(table), undivided),
    };
  };
}

function inForce(gating: GatingRecipe, progress: number): (target: number) => number {
  return (target) => targetSchedule(gating, target)(progress);
}

/** ConvNet-AIG's losses ask each block for its own target, and of the cost nothing. */
function blocksOptimum(
  table: FlopsTable,
  undividedMacs: number,
  { gated }: LayerTargets,
  now: (target: number) => number,
): GatingOptimum {
  const targets = gated.map(now);
  const gatedMacs = table.subBlockMacs.map((costs, l) => (targets[l] as number) * sum(costs));
  const macs = alwaysMacs(table) + sum(gatedMacs);
  const executionRate = sum(targets) / targets.length;
  return {
    targetOf: 'blocks',
    lossTarget: executionRate,
    executionRate,
    blockRates: gated.map((target, l) => (target < 1 ? (targets[l] as number) : null)),
    flopsRate: macs / fullMacs(table),
    macsRatio: macsRatio(macs, undividedMacs),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
