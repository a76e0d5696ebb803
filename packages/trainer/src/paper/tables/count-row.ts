import { countNetwork, flopsTable } from '@dmnn/flops';
import { gatingTarget } from '@dmnn/runs';
import { lossTarget } from '../../gates/loss-target.js';
import { type OurModel, ourModel } from '../rows/our-model.js';
import { rowRecipe } from '../rows/row-recipe.js';
import { type TargetCost, targetCost } from './target-cost.js';

/** What was counted of ours for one row. */
export interface CountedRow extends OurModel {
  readonly parameters: number;
  /** All gates open. */
  readonly fullMacs: number;
  readonly undividedMacs: number;
  readonly cost: TargetCost;
}

/**
 * Counts the network that stands for a row, and its backbone.
 *
 * @param id - of the row
 * @returns undefined where training decides what there is to count
 */
export function countRow(id: string): CountedRow | undefined {
  const ours = ourModel(id);
  if (!ours) return undefined;
  const { gating } = rowRecipe(id);
  const target = gating ? lossTarget(gatingTarget(gating), ours.architecture) : undefined;
  const count = countNetwork(ours.architecture);
  return {
    ...ours,
    parameters: count.parameters,
    fullMacs: count.macs,
    undividedMacs: countNetwork(ours.backbone).macs,
    cost: targetCost(flopsTable(count), target),
  };
}
