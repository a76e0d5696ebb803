import {
  type Architecture,
  type BlockShape,
  type ConvUnit,
  type GatedBlock,
  gatedBlocks,
  inferShapes,
  placedBlocks,
  validateArchitecture,
} from '@dmnn/architecture';
import { alwaysMacs, countNetwork, flopsTable, patternMacs } from '@dmnn/flops';
import {
  type Branching,
  type FlowingMap,
  type FoldedBlock,
  emitFixedBlock,
  emitGatedBlock,
} from './export/emit-block.js';
import { type ControllerState, emitController } from './export/emit-controller.js';
import { emitGates, emitMacs } from './export/emit-outputs.js';
import { shortcutEmitter } from './export/emit-shortcut.js';
import { emitMaxPool, emitPooled, emitUnits } from './export/emit-units.js';
import { ExportError } from './export/export-error.js';
import { type CheckedOptions, type ExportOptions, checkedOptions } from './export/export-options.js';
import { type FoldedUnit, foldedUnit } from './export/folded-unit.js';
import { paddedPath } from './export/padded-path.js';
import { type ExportWeights, WeightReader } from './export/weight-reader.js';
import { DESCRIPTION_KEY, type FileDescription } from './file-description.js';
import { encodeModel } from './graph/encode-model.js';
import { GraphBuilder } from './graph/graph-builder.js';
import type { OnnxGraph } from './graph/onnx-graph.js';
import { OPSET } from './graph/onnx-schema.js';

const LARGEST_FILE = 2 ** 31 - 1; // what protobuf readers accept

export function exportOnnx(
  architecture: Architecture,
  weights: ExportWeights,
  options: ExportOptions = {},
): Uint8Array {
  const valid = validateArchitecture(architecture);
  const checked = checkedOptions(valid, options);
  const description = describe(valid, checked);
  const graph = networkGraph(valid, weights, checked, description);
  const bytes = sizeOf(graph);
  if (bytes > LARGEST_FILE) {
    throw new ExportError(
      `file of ${valid.name}`,
      [`expected weights of at most ${LARGEST_FILE} bytes, got ${bytes}`],
      `Choose layout: 'sub-blocks', which holds each weight once.`,
    );
  }
  return encodeModel({
    graph,
    opset: OPSET,
    metadata: new Map([[DESCRIPTION_KEY, JSON.stringify(description)]]),
  });
}

function describe(architecture: Architecture, { imageSizePx, frozenGates }: CheckedOptions): FileDescription {
  const table = flopsTable(countNetwork(architecture, { imageSizePx }));
  const { name, inChannels, head } = architecture;
  const common = { format: 1, name, imageSizePx, inChannels, classes: head.classes } as const;
  if (!frozenGates) {
    const { subBlockMacs } = table;
    return {
      ...common,
      subBlocks: subBlockMacs.map(({ length }) => length),
      alwaysMacs: alwaysMacs(table),
      subBlockMacs,
    };
  }
  // a frozen file has no controllers, so it does not pay for them
  const macs = patternMacs({ ...table, controllerMacs: table.controllerMacs.map(() => 0) }, frozenGates);
  return { ...common, subBlocks: [], frozenGates, alwaysMacs: macs, subBlockMacs: [] };
}

function networkGraph(
  architecture: Architecture,
  weights: ExportWeights,
  options: CheckedOptions,
  description: FileDescription,
): OnnxGraph {
  const { imageSizePx, padChannelsTo, frozenGates } = options;
  const reader = new WeightReader(weights);
  const graph = new GraphBuilder();
  const shapes = inferShapes(architecture, { imageSizePx });
  const gated = gatedBlocks(architecture);
  const dynamic = description.subBlocks.length > 0;
  const lanes = padChannelsTo > 1 ? padChannelsTo : 16;
  graph.unique('image');

  let x = emitStem(graph, architecture, reader);
  let state: ControllerState | undefined;
  const gates: string[] = [];
  for (const [index, placed] of placedBlocks(architecture).entries()) {
    const shape = shapes.blocks[index] as BlockShape;
    const block = foldedBlock(shape, reader, padChannelsTo);
    const own = shape.blockIndex === undefined ? undefined : (gated[shape.blockIndex] as GatedBlock);
    if (own && !frozenGates) {
      x = x.pooled === undefined ? { ...x, pooled: emitPooled(graph, x.value, `${placed.path}.input`) } : x;
      const decision = emitController(graph, x.pooled as string, own, state, reader);
      state = decision.state ?? state;
      gates.push(decision.gates);
      const count = placed.block.subBlocks.length;
      const each =
        count === 1
          ? [decision.gates]
          : graph.nodes('Split', `${placed.path}.gate`, [decision.gates], count, { axis: { int: 1 } });
      const last = index === shapes.blocks.length - 1;
      const next = shapes.blocks[index + 1];
      const wanted = {
        map: !last || shapes.head.length > 0,
        pooled: last ? shapes.head.length === 0 : next?.blockIndex !== undefined,
      };
      x = emitGatedBlock(graph, block, x, each, wanted, branching(options, count, lanes));
    } else {
      if (own) readController(own, state, reader);
      if (own?.controller.kind === 'state') state = { value: '', units: own.controller.hiddenUnits };
      const open = placed.block.subBlocks.flatMap((_, n) =>
        own && frozenGates?.[own.blockIndex]?.[n] === false ? [] : [n],
      );
      x = emitFixedBlock(graph, block, x, open, lanes);
    }
  }
  emitHead(graph, architecture, x, reader);
  reader.assertFitting(architecture.name);
  if (dynamic) emitGates(graph, gates, description.subBlocks);
  emitMacs(graph, description);
  const { inChannels, head } = architecture;
  const batch = dynamic ? 1 : 'images';
  const most = Math.max(0, ...description.subBlocks);
  return graph.graph(
    architecture.name,
    [{ name: 'image', type: 'float', shape: [batch, inChannels, imageSizePx, imageSizePx] }],
    [
      { name: 'logits', type: 'float', shape: [batch, head.classes] },
      ...(dynamic
        ? ([{ name: 'gates', type: 'bool', shape: [description.subBlocks.length, most] }] as const)
        : []),
      { name: 'macs', type: 'double', shape: [] },
    ],
  );
}

/** The variables of a controller that the file leaves out are checked all the same. */
function readController(gated: GatedBlock, state: ControllerState | undefined, reader: WeightReader): void {
  emitController(new GraphBuilder(), 'pooled', gated, state, reader);
}

function branching({ layout }: CheckedOptions, count: number, lanes: number): Branching {
  const subBlocksPerTree = { 'sub-blocks': 1, pairs: 2, patterns: count }[layout];
  return { subBlocksPerTree, lanes };
}

function emitStem(graph: GraphBuilder, architecture: Architecture, reader: WeightReader): FlowingMap {
  const { units, pool } = architecture.stem;
  const y = emitUnits(graph, 'image', foldedUnits('stem', units, reader));
  const value = pool ? emitMaxPool(graph, y, pool) : y;
  const last = units[units.length - 1];
  return { value, nonNegative: last !== undefined && last.activation !== 'none' };
}

function emitHead(
  graph: GraphBuilder,
  architecture: Architecture,
  x: FlowingMap,
  reader: WeightReader,
): void {
  const { units, inFeatures, classes } = architecture.head;
  const folded = foldedUnits('head', units, reader);
  const pooled =
    folded.length === 0 && x.pooled !== undefined
      ? x.pooled
      : emitPooled(graph, emitUnits(graph, x.value, folded), 'head');
  const features = graph.node('Flatten', 'head.features', [pooled]);
  const weight = graph.initialiser(
    'head.linear.weight',
    [inFeatures, classes],
    reader.take('head.linear.weight', [inFeatures, classes]),
  );
  const bias = graph.initialiser('head.linear.bias', [classes], reader.take('head.linear.bias', [classes]));
  graph.node('Gemm', 'logits', [features, weight, bias]);
}

function foldedUnits(path: string, units: readonly ConvUnit[], reader: WeightReader): FoldedUnit[] {
  return units.map((unit, k) => foldedUnit(`${path}.unit${k}`, unit, reader));
}

function foldedBlock(shape: BlockShape, reader: WeightReader, padChannelsTo: number): FoldedBlock {
  const { path, block, inChannels, outChannels, outSizePx } = shape;
  return {
    path,
    outChannels,
    outSizePx,
    activation: block.activation,
    identity: block.shortcut.kind === 'identity',
    shortcut: shortcutEmitter(path, block.shortcut, inChannels, reader),
    paths: block.subBlocks.map(({ units }, n) =>
      paddedPath(foldedUnits(`${path}.subblock${n}`, units, reader), padChannelsTo),
    ),
  };
}

function sizeOf(graph: OnnxGraph): number {
  const own = graph.initialisers.reduce((sum, { data }) => sum + data.byteLength, 0);
  const branches = graph.nodes
    .flatMap(({ attributes }) => Object.values(attributes))
    .flatMap((attribute) => ('graph' in attribute ? [sizeOf(attribute.graph)] : []));
  return branches.reduce((sum, size) => sum + size, own);
}
