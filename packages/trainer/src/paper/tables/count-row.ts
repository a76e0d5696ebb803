import { countNetwork, flopsTable } from '@dmnn/flops';
import { lossTarget } from '../../gates/loss-target.js';
import { type OurModel, ourModel } from './our-model.js';
import type { PaperRow } from '../rows/paper-rows.js';
import { rowOf } from '../rows/row-of.js';
import { type TargetCost, targetCost } from './target-cost.js';

/** What was counted of ours for one row. */
export interface CountedRow extends OurModel {
  readonly parameters: number;
  /** All gates open. */
  readonly fullMacs: number;
  readonly undividedMacs: number;
  readonly cost: TargetCost;
}

/** Counts the network that stands for a row, and its backbone; undefined where training decides what there is to count. */
export function countRow({ id, paper }: PaperRow): CountedRow | undefined {
  const ours = ourModel(id);
  if (!ours) return undefined;
  const { layerTargets: rates } = rowOf(id);
  const target = rates && lossTarget({ kind: 'blocks', value: 1, rates }, ours.architecture);
  const count = countNetwork(ours.architecture);
  return {
    ...ours,
    parameters: count.parameters,
    fullMacs: count.macs,
    undividedMacs: countNetwork(ours.backbone).macs,
    cost: targetCost(flopsTable(count), paper, target?.kind === 'blocks' ? target.rates : undefined),
  };
}
