import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import {
  type FlopsTable,
  alwaysMacs,
  countNetwork,
  countUndivided,
  flopsTable,
  fullMacs,
  macsRatio,
  patternMacs,
} from '@dmnn/flops';
import { gatesOfPattern } from '@dmnn/gating';
import { jointOptimum } from '@dmnn/losses';
import { type GatingRecipe, type GatingTarget, gatingTarget } from '@dmnn/runs';
import { gatingSchedule } from './gating-schedule.js';
import type { LossTarget } from './loss-target.js';

/** The minimum of the losses on rates, where gates settle if no other loss acts on them. All are fractions. */
export interface GatingOptimum {
  /** The kind of the recipe's target. */
  readonly targetOf: GatingTarget['kind'];
  /** What gates learn by regression: then no loss asks for rates, and the cost alone is aimed at. Absent: they do not. */
  readonly regression?: 'norm' | 'loss' | undefined;
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
 * The rates and cost that a gating recipe leads a network to: the joint optimum of Eq. 12 and 14, or ConvNet-AIG's targets.
 *
 * @param progress - share of training, from 0 to 1, since the target may fall. Default 1: what holds in the end.
 * @throws RangeError if the recipe's target is a cost that the gates cannot reach; DmnnError `DMNN_LOSS` of `@dmnn/losses` if the
 *   network has no costs.
 * @see DMNN §3.3 Eq. 12 and 14
 *
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { gatingOptimum } from '@dmnn/trainer';
 * import { type GatingRecipe, recipeNamed } from '@dmnn/runs';
 *
 * const optimum = (gating: GatingRecipe) => gatingOptimum(createArchitecture('dmnn50-n2'), gating);
 * const { gating } = recipeNamed('imagenet-dmnn50-n2'); // t = 0.5
 * const { executionRate, flopsRate } = optimum(gating!);
 * console.log(executionRate < 0.5, flopsRate > 0.5); // => true true
 * console.log(optimum({ ...gating!, targetOf: 'flops' }).flopsRate.toFixed(3)); // => 0.500
 * ```
 */
export function gatingOptimum(architecture: Architecture, gating: GatingRecipe, progress = 1): GatingOptimum {
  return gatingOptima(architecture, gating)(progress);
}

/** Whether a recipe says where gates are to settle: by losses on their rates, or by a pattern. */
export function asksForRates({ policy, resourceWeight }: GatingRecipe): boolean {
  return policy?.kind === 'fixed' || resourceWeight > 0;
}

/** Like {@link gatingOptimum}, but reusable: a function of the share of training. */
export function gatingOptima(
  architecture: Architecture,
  gating: GatingRecipe,
): (progress: number) => GatingOptimum {
  const { kind } = gatingTarget(gating);
  const schedule = gatingSchedule(gating, architecture);
  const table = flopsTable(countNetwork(architecture));
  const undivided = countUndivided(architecture).macs;
  const inTheEnd = schedule.targetAt(1);
  const blocks = gatedBlocks(architecture);
  if (gating.policy?.kind === 'fixed') {
    const found = patternOptimum(table, undivided, gatesOfPattern(gating.policy.pattern));
    return () => ({ targetOf: kind, ...found });
  }
  return (progress) => {
    const target = schedule.targetAt(progress);
    if (target.kind === 'blocks') return blocksOptimum(table, undivided, target, inTheEnd);
    const { executionRate, flopsRate } = jointOptimum(table, target.t);
    return {
      targetOf: kind,
      ...(gating.regression && { regression: gating.regression.of }),
      lossTarget: target.t,
      executionRate,
      blockRates: blocks.map(() => executionRate),
      flopsRate,
      macsRatio: macsRatio(flopsRate * fullMacs(table), undivided),
    };
  };
}

/** Where gates are if they are fixed, whatever losses ask for. @param pattern - `[l][n]` */
function patternOptimum(
  table: FlopsTable,
  undividedMacs: number,
  pattern: readonly (readonly boolean[])[],
): Omit<GatingOptimum, 'targetOf'> {
  const macs = patternMacs(table, pattern);
  const blockRates = pattern.map((row) => sum(row.map(Number)) / row.length);
  const executionRate = sum(blockRates) / blockRates.length;
  return {
    ...{ lossTarget: executionRate, executionRate, blockRates },
    flopsRate: macs / fullMacs(table),
    macsRatio: macsRatio(macs, undividedMacs),
  };
}

type BlocksTarget = Extract<LossTarget, { kind: 'blocks' }>;

/** ConvNet-AIG's losses ask each block for its own target, and of the cost nothing. */
function blocksOptimum(
  table: FlopsTable,
  undividedMacs: number,
  { rates }: BlocksTarget,
  inTheEnd: LossTarget,
): GatingOptimum {
  const gatedMacs = table.subBlockMacs.map((costs, l) => (rates[l] as number) * sum(costs));
  const macs = alwaysMacs(table) + sum(gatedMacs);
  const executionRate = sum(rates) / rates.length;
  const wanted = inTheEnd.kind === 'blocks' ? inTheEnd.rates : [];
  return {
    targetOf: 'blocks',
    lossTarget: executionRate,
    executionRate,
    blockRates: wanted.map((target, l) => (target < 1 ? (rates[l] as number) : null)),
    flopsRate: macs / fullMacs(table),
    macsRatio: macsRatio(macs, undividedMacs),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
