import type { Architecture } from '@dmnn/architecture';
import { alwaysMacs, countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { DESCRIPTION_KEY, type FileDescription } from '../file-description.js';
import type { OnnxGraph, OnnxModel } from '../graph/onnx-graph.js';
import { OPSET } from '../graph/onnx-schema.js';
import { exportError } from './export-error.js';
import type { CheckedOptions } from './export-options.js';
import type { FoldedWeights } from './folded-weights.js';
import { networkGraph } from './network-graph.js';
import { ORIGIN_KEY, originOf } from './origin.js';

const LARGEST_FILE = 2 ** 31 - 1; // bytes; protobuf readers accept no more

/**
 * The contents of a file: graph, description, and for a portable file with gates what it was written from.
 *
 * @throws DmnnError `DMNN_EXPORT` if the file would be larger than 2 GiB
 */
export function networkModel(
  architecture: Architecture,
  weights: FoldedWeights,
  options: CheckedOptions,
): OnnxModel {
  const description = describe(architecture, options);
  const graph = networkGraph(architecture, weights, options, description);
  assertSize(graph);
  const metadata = new Map([[DESCRIPTION_KEY, JSON.stringify(description)]]);
  const isConvertible =
    description.subBlocks.length > 0 && options.cpuLanes === undefined && options.quantisation === undefined;
  if (isConvertible) metadata.set(ORIGIN_KEY, JSON.stringify(originOf(architecture, options)));
  return { graph, opset: OPSET, metadata };
}

/** Describes the file of a network. */
export function describe(architecture: Architecture, options: CheckedOptions): FileDescription {
  const { imageSizePx, frozenGates, cpuLanes, quantisation, classNames, preparation } = options;
  const table = flopsTable(countNetwork(architecture, { imageSizePx }));
  const { name, inChannels, head } = architecture;
  const form = { ...(cpuLanes && { cpuLanes }), ...(quantisation && { precision: 'int8' as const }) };
  const undividedMacs = countUndivided(architecture, { imageSizePx }).macs;
  const images = { ...(classNames && { classNames }), ...(preparation && { preparation }) };
  const common = {
    format: 1,
    name,
    imageSizePx,
    inChannels,
    classes: head.classes,
    ...form,
    undividedMacs,
    ...images,
  } as const;
  if (frozenGates) {
    // a frozen file has no controllers, so their cost does not count
    const macs = patternMacs({ ...table, controllerMacs: table.controllerMacs.map(() => 0) }, frozenGates);
    return { ...common, subBlocks: [], frozenGates, alwaysMacs: macs, subBlockMacs: [] };
  }
  const { subBlockMacs } = table;
  const subBlocks = subBlockMacs.map(({ length }) => length);
  return { ...common, subBlocks, alwaysMacs: alwaysMacs(table), subBlockMacs };
}

/** @throws DmnnError `DMNN_EXPORT` if the file would be larger than 2 GiB */
export function assertSize(graph: OnnxGraph): void {
  const bytes = sizeOf(graph);
  if (bytes <= LARGEST_FILE) return;
  const problem = `expected at most ${LARGEST_FILE} bytes, got ${bytes}`;
  throw exportError(
    `weights of ${graph.name} in the file`,
    [problem],
    `Use layout: 'sub-blocks', which stores weights once.`,
  );
}

/** Size of all weights in bytes, including those in branches. */
function sizeOf(graph: OnnxGraph): number {
  const own = graph.initialisers.reduce((sum, { data }) => sum + data.byteLength, 0);
  return graph.nodes
    .flatMap(({ attributes }) => Object.values(attributes))
    .reduce((sum, attribute) => sum + ('graph' in attribute ? sizeOf(attribute.graph) : 0), own);
}
