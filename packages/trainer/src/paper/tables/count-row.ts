import type { Architecture } from '@dmnn/architecture';
import { countNetwork, flopsTable } from '@dmnn/flops';
import { convnetAigTargets } from '@dmnn/runs/internal';
import { type LayerTargets, layerTargetsOf } from '../../train/layer-targets.js';
import { type OurModel, ourModel } from './our-model.js';
import type { PaperNumbers } from './paper-numbers.js';
import type { PaperRow } from './paper-rows.js';
import { type TargetCost, targetCost } from './target-cost.js';

/** What was counted of ours for one row. */
export interface CountedRow extends OurModel {
  readonly parameters: number;
  /** All gates open. */
  readonly fullMacs: number;
  readonly backboneMacs: number;
  readonly cost: TargetCost;
}

/** Counts the network that stands for a row, and its backbone; undefined where training decides what there is to count. */
export function countRow({ id, paper }: PaperRow): CountedRow | undefined {
  const ours = ourModel(id);
  if (!ours) return undefined;
  const count = countNetwork(ours.architecture);
  return {
    ...ours,
    parameters: count.parameters,
    fullMacs: count.macs,
    backboneMacs: countNetwork(ours.backbone).macs,
    cost: targetCost(flopsTable(count), paper, layerTargets(ours.architecture, paper)?.gated),
  };
}

function layerTargets(
  architecture: Architecture,
  { targetRate = 1 }: PaperNumbers,
): LayerTargets | undefined {
  const { name } = architecture;
  if (name !== 'convnet-aig50' && name !== 'convnet-aig101') return undefined;
  return layerTargetsOf(architecture, { targetRate, layerTargets: convnetAigTargets(name, targetRate) });
}
