import { type Architecture, placedBlocks } from '@dmnn/architecture';
import { countNetwork, flopsTable } from '@dmnn/flops';
import { targetForOptimum } from '@dmnn/losses';
import type { GatingTarget } from '@dmnn/runs';

/** The target of the losses on rates, resolved for one network. */
export type LossTarget =
  /** t of Eq. 12 and 14: one for both, and for all blocks. */
  | { readonly kind: 'joint'; readonly t: number }
  /** ConvNet-AIG's loss. */
  | {
      readonly kind: 'blocks';
      /** The one number that the recipe names, as it is reported: no loss uses it. */
      readonly value: number;
      /** Target rate of each gated block, in order. */
      readonly rates: readonly number[];
      /** How many blocks the network has, with a gate or without: what the mean is taken over. */
      readonly blocks: number;
    };

/**
 * Resolves the gating target of a recipe for a network: the t whose joint optimum is the given rate or cost, or the
 * target rate of each gated block.
 *
 * @throws RangeError if the target is a cost that the gates cannot reach
 */
export function lossTarget(target: GatingTarget, architecture: Architecture): LossTarget {
  switch (target.kind) {
    case 'both':
      return { kind: 'joint', t: target.value };
    case 'rate':
      return joint(architecture, { executionRate: target.value });
    case 'flops':
      return joint(architecture, { flopsRate: target.value });
    case 'blocks':
      return blocksTarget(target, architecture);
    default:
      return target satisfies never;
  }
}

/** The same target with each of its rates changed. */
export function mapTarget(target: LossTarget, change: (rate: number) => number): LossTarget {
  return target.kind === 'joint'
    ? { kind: 'joint', t: change(target.t) }
    : { ...target, value: change(target.value), rates: target.rates.map(change) };
}

/** The single number reported for a target: t, or the one that the recipe names where it lists a target for each block. */
export function reportedTarget(target: LossTarget): number {
  return target.kind === 'joint' ? target.t : target.value;
}

function joint(architecture: Architecture, wanted: Parameters<typeof targetForOptimum>[1]): LossTarget {
  return { kind: 'joint', t: targetForOptimum(flopsTable(countNetwork(architecture)), wanted) };
}

function blocksTarget(
  { value, rates }: Extract<GatingTarget, { kind: 'blocks' }>,
  architecture: Architecture,
): LossTarget {
  const placed = placedBlocks(architecture);
  const gated = placed.flatMap(({ block }, index) =>
    block.controller ? [rates === 'same' ? value : (rates[index] as number)] : [],
  );
  return { kind: 'blocks', value, rates: gated, blocks: placed.length };
}
