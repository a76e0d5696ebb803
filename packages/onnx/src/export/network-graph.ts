import {
  type Architecture,
  type BlockShape,
  type ConvUnit,
  type GatedBlock,
  type NetworkShapes,
  gatedBlocks,
  inferShapes,
} from '@dmnn/architecture';
import { type FoldedUnit, paddedPath } from '@dmnn/weights/internal';
import type { FileDescription } from '../file-description.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { OnnxGraph } from '../graph/onnx-graph.js';
import { blockedMaps } from './blocked-maps.js';
import { isNonNegative } from './emit-activation.js';
import {
  type Branching,
  type FlowingMap,
  type FoldedBlock,
  type Wanted,
  emitFixedBlock,
  emitGatedBlock,
} from './emit-block.js';
import { type ControllerState, emitController, withRows } from './emit-controller.js';
import { emitGates, emitMacs } from './emit-outputs.js';
import { shortcutEmitter } from './emit-shortcut.js';
import type { CheckedOptions } from './export-options.js';
import type { FoldedWeights } from './folded-weights.js';
import { type Emitter, type MapEmitter, emitUnits } from './map-emitter.js';
import { portableMaps } from './portable-maps.js';

const WIDEST_LANES = 16; // widest of today's processors; groups with a multiple of it suit all

const MOST_IN_A_TREE = 5; // 32 leaves

/** Channels up to whole lanes, or fours where that would add more than half: engines take those too. */
export function filledLanes(channels: number): number {
  const filled = Math.ceil(channels / WIDEST_LANES) * WIDEST_LANES;
  return filled <= 1.5 * channels ? filled : Math.ceil(channels / 4) * 4;
}

/** Everything needed to emit a part of a network. */
interface Assembly extends Emitter {
  readonly weights: FoldedWeights;
  readonly options: CheckedOptions;
}

/**
 * Builds the graph of a network: stem, blocks with their controllers, head, gates and cost.
 */
export function networkGraph(
  architecture: Architecture,
  weights: FoldedWeights,
  options: CheckedOptions,
  description: FileDescription,
): OnnxGraph {
  const { imageSizePx, padChannelsTo, cpuLanes } = options;
  const graph = new GraphBuilder();
  const maps = cpuLanes
    ? blockedMaps(cpuLanes)
    : portableMaps(padChannelsTo === undefined || padChannelsTo === 1 ? WIDEST_LANES : padChannelsTo);
  const assembly = { graph, maps, weights, options };
  const dynamic = description.subBlocks.length > 0;
  const image = graph.unique('image');
  const entering = maps.image(graph, image, architecture.inChannels);

  const stem = emitStem(assembly, architecture, entering);
  const shapes = inferShapes(architecture, { imageSizePx });
  const { x, gates } = emitBlocks(assembly, shapes, gatedBlocks(architecture), stem);
  emitHead(assembly, architecture, x);
  if (dynamic) emitGates(graph, gates, description.subBlocks);
  emitMacs(graph, description);

  const batch = dynamic ? 1 : 'images';
  const pattern = [description.subBlocks.length, Math.max(0, ...description.subBlocks)];
  return graph.graph(
    architecture.name,
    [{ name: image, type: 'float', shape: [batch, architecture.inChannels, imageSizePx, imageSizePx] }],
    [
      { name: 'logits', type: 'float', shape: [batch, architecture.head.classes] },
      ...(dynamic ? ([{ name: 'gates', type: 'bool', shape: pattern }] as const) : []),
      { name: 'macs', type: 'double', shape: [] },
    ],
  );
}

function emitStem(assembly: Assembly, { stem }: Architecture, image: string): FlowingMap {
  const { graph, maps, weights } = assembly;
  const y = emitUnits(
    assembly,
    image,
    foldedUnits('stem', stem.units, weights).map((unit) => maps.prepared(unit)),
  );
  const value = stem.pool ? maps.maxPool(graph, y, stem.pool, 'stem.pool') : y;
  const last = stem.units[stem.units.length - 1];
  return { value, nonNegative: last !== undefined && isNonNegative(last.activation) };
}

function emitBlocks(
  assembly: Assembly,
  shapes: NetworkShapes,
  gated: readonly GatedBlock[],
  stem: FlowingMap,
): { x: FlowingMap; gates: string[] } {
  const { graph, maps, weights, options } = assembly;
  const gates: string[] = [];
  let x = stem;
  let state: ControllerState | undefined;
  for (const [index, shape] of shapes.blocks.entries()) {
    const block = foldedBlock(shape, assembly);
    const own = shape.blockIndex === undefined ? undefined : gated[shape.blockIndex];
    const all = shape.block.subBlocks.map((_, n) => n);
    if (!own || options.frozenGates) {
      const frozen = own && options.frozenGates?.[own.blockIndex];
      x = emitFixedBlock(assembly, block, x, frozen ? all.filter((n) => frozen[n]) : all);
      continue;
    }
    const pooled = x.pooled ?? maps.pooled(graph, x.value, `${shape.path}.input`);
    const decision = emitController(assembly, own, { pooled, previous: state }, weights);
    state = decision.state ?? state;
    gates.push(decision.gates);
    x = emitGatedBlock(assembly, block, x, {
      gates: scalars(graph, decision.gates, all.length, shape.path),
      wanted: wantedAfter(shapes, index),
      branching: branching(options, maps, all.length),
    });
  }
  return { x, gates };
}

/**
 * Splits `bool [1, N]` into N values `bool []`. ONNX asks for a condition of one element, and ONNX Runtime takes any
 * shape of one; OpenVINO takes scalars only.
 */
function scalars(graph: GraphBuilder, gates: string, count: number, path: string): string[] {
  const name = `${path}.gate`;
  const columns = count === 1 ? [gates] : graph.nodes('Split', name, [gates], count, { axis: { int: 1 } });
  return columns.map((column) => graph.node('Squeeze', `${name}.scalar`, [column]));
}

/** The next controller reads the mean; so does the linear layer, if it comes directly after the block. */
function wantedAfter({ blocks, head }: NetworkShapes, index: number): Wanted {
  const next = blocks[index + 1];
  if (!next) return { map: head.length > 0, pooled: head.length === 0 };
  return { map: true, pooled: next.blockIndex !== undefined };
}

/** If branches share weights, one tree takes all sub-blocks: more leaves only cost nodes. */
function branching({ layout }: CheckedOptions, { sharesWeights }: MapEmitter, subBlocks: number): Branching {
  const subBlocksPerFusion = { 'sub-blocks': 1, pairs: 2, patterns: subBlocks }[layout];
  const one = sharesWeights && subBlocks <= MOST_IN_A_TREE;
  return { subBlocksPerFusion, subBlocksPerTree: one ? subBlocks : subBlocksPerFusion };
}

function emitHead(assembly: Assembly, { head }: Architecture, x: FlowingMap): void {
  const { graph, maps, weights } = assembly;
  const { units, inFeatures, classes } = head;
  const folded = foldedUnits('head', units, weights).map((unit) => maps.prepared(unit));
  const known = folded.length === 0 ? x.pooled : undefined;
  const pooled = known ?? maps.pooled(graph, emitUnits(assembly, x.value, folded), 'head');
  const features = graph.node('Flatten', 'head.features', [pooled]);
  const { weight, bias } = withRows(weights.head(head), maps.laidOut(inFeatures));
  const inputs = [
    features,
    graph.initialiser('head.linear.weight', [maps.laidOut(inFeatures), classes], weight),
    graph.initialiser('head.linear.bias', [classes], bias as Float32Array),
  ];
  graph.node('Gemm', 'logits', inputs);
}

function foldedUnits(path: string, units: readonly ConvUnit[], weights: FoldedWeights): FoldedUnit[] {
  return units.map((unit, k) => weights.unit(`${path}.unit${k}`, unit));
}

function foldedBlock(shape: BlockShape, assembly: Assembly): FoldedBlock {
  const { path, block, outChannels, outSizePx } = shape;
  const { maps, weights, options } = assembly;
  return {
    path,
    outChannels,
    outSizePx,
    activation: block.activation,
    shortcut: shortcutEmitter(shape, block.shortcut, maps, weights),
    paths: block.subBlocks.map(({ units }, n) =>
      paddedPath(foldedUnits(`${path}.subblock${n}`, units, weights), options.padChannelsTo ?? filledLanes),
    ),
  };
}
