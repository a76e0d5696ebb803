import { gatedBlocks } from '@dmnn/architecture';
import type { CascadeSettings } from '@dmnn/confidence';
import { alwaysMacs, countNetwork, flopsTable, patternMacs, tableUntilExit } from '@dmnn/flops';
import {
  DESCRIPTION_KEY,
  type FileCascade,
  type FileDescription,
  type FileStage,
} from '../file-description.js';
import type { OnnxModel } from '../graph/onnx-graph.js';
import { OPSET } from '../graph/onnx-schema.js';
import { sharedConstants } from '../graph/shared-constants.js';
import { type CascadePart, lineBetween, stagesOf } from './cascade-part.js';
import { emittedNetwork } from './emit-network.js';
import type { CheckedOptions } from './export-options.js';
import type { FoldedWeights } from './folded-weights.js';
import { assertSize, describe } from './network-model.js';
import { ORIGIN_KEY, cascadeOriginOf } from './origin.js';
import { partPrefix, stagedGraph } from './staged-graph.js';

/** A network of a cascade with the numbers and options by which it is written. */
export interface CheckedPart extends Omit<CascadePart, 'weights'> {
  readonly weights: FoldedWeights;
  readonly options: CheckedOptions;
}

/**
 * The contents of a file of stages: graph, description, and for a portable file with gates what it was written from.
 *
 * @throws DmnnError `DMNN_EXPORT` if the file would be larger than 2 GiB
 */
export function stagedModel(parts: readonly CheckedPart[], settings: CascadeSettings): OnnxModel {
  const description = describeStages(parts, settings);
  const [first] = parts as readonly [CheckedPart, ...CheckedPart[]];
  const whole = stagedGraph({
    settings,
    description,
    parts: parts.map((part) => ({
      network: emittedNetwork(part.architecture, part.weights, part.options),
      renormalised: lineBetween(first, part),
    })),
  });
  const prefixes = parts.map((_, part) => partPrefix(part, parts.length));
  const graph = parts.length > 1 ? sharedConstants(whole, prefixes) : whole;
  assertSize(graph);
  const metadata = new Map([[DESCRIPTION_KEY, JSON.stringify(description)]]);
  const isConvertible = description.subBlocks.length > 0 && first.options.cpuLanes === undefined;
  if (isConvertible) metadata.set(ORIGIN_KEY, JSON.stringify(cascadeOriginOf(parts, first.options)));
  return { graph, opset: OPSET, metadata };
}

function describeStages(
  parts: readonly CheckedPart[],
  { by, combine, temperatures, thresholds }: CascadeSettings,
): FileDescription & { readonly cascade: FileCascade } {
  const descriptions = parts.map(({ architecture, options }) => describe(architecture, options));
  const names = parts.map(({ architecture, name = architecture.name }) => name);
  const stages = stagesOf(parts.map(({ architecture }) => architecture)).map((stage, s): FileStage => {
    const before = parts.slice(0, stage.part);
    const own = parts[stage.part] as CheckedPart;
    const threshold = thresholds[s];
    return {
      ...stage,
      alwaysMacs: [...before.map((part) => costUntil(part)), costUntil(own, stage.exit)].reduce(
        (sum, macs) => sum + macs,
        0,
      ),
      gatedBlocks: before.reduce((sum, part) => sum + gatedUntil(part), 0) + gatedUntil(own, stage.exit),
      temperature: temperatures[s] as number,
      ...(threshold === undefined ? {} : { threshold }),
    };
  });
  const [first, last] = [descriptions[0], descriptions.at(-1)].map((each) => each as FileDescription) as [
    FileDescription,
    FileDescription,
  ];
  const frozen = descriptions.flatMap(({ frozenGates }) => frozenGates ?? []);
  return {
    ...first,
    name: names.join(' then '),
    subBlocks: descriptions.flatMap(({ subBlocks }) => subBlocks),
    subBlockMacs: descriptions.flatMap(({ subBlockMacs }) => subBlockMacs),
    ...(frozen.length > 0 ? { frozenGates: frozen } : {}),
    alwaysMacs: (stages.at(-1) as FileStage).alwaysMacs,
    undividedMacs: last.undividedMacs,
    cascade: { parts: names, by, combine, stages },
  };
}

/** Cost of an image that leaves a network at an exit, or its head, with all gates closed or as they are frozen. */
function costUntil({ architecture, options }: CheckedPart, exit?: number): number {
  const { imageSizePx, frozenGates } = options;
  const whole = flopsTable(countNetwork(architecture, { imageSizePx }));
  const table = exit === undefined ? whole : tableUntilExit(whole, exit);
  if (!frozenGates) return alwaysMacs(table);
  // a frozen file has no controllers, so their cost does not count
  const controllerMacs = table.controllerMacs.map(() => 0);
  return patternMacs({ ...table, controllerMacs }, frozenGates.slice(0, table.subBlockMacs.length));
}

/** Number of gated blocks whose gates are computed until an exit, or the head. */
function gatedUntil({ architecture, options }: CheckedPart, exit?: number): number {
  if (options.frozenGates) return 0;
  if (exit === undefined) return gatedBlocks(architecture).length;
  const table = flopsTable(countNetwork(architecture, { imageSizePx: options.imageSizePx }));
  return tableUntilExit(table, exit).subBlockMacs.length;
}
