import {
  type Architecture,
  type BlockShape,
  type ConvUnit,
  type GatedBlock,
  type Head,
  type NetworkShapes,
  gatedBlocks,
  headLayers,
  inferShapes,
} from '@dmnn/architecture';
import { fixedPadding } from '@dmnn/architecture/internal';
import { type FoldedUnit, paddedPath } from '@dmnn/weights/internal';
import { blockedMaps } from './blocked-maps.js';
import { emitActivation, isNonNegative } from './emit-activation.js';
import {
  type Branching,
  type FlowingMap,
  type FoldedBlock,
  type Wanted,
  emitFixedBlock,
  emitGatedBlock,
} from './emit-block.js';
import { type ControllerState, emitController, withRows } from './emit-controller.js';
import { foldedBias } from './folded-bias.js';
import { shortcutEmitter } from './emit-shortcut.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { CheckedOptions } from './export-options.js';
import type { FoldedWeights, LinearLayer } from './folded-weights.js';
import { type Emitter, type MapEmitter, emitUnits } from './map-emitter.js';
import { portableMaps } from './portable-maps.js';
import { quantisedMaps } from './quantised-maps.js';

const WIDEST_LANES = 16; // widest of today's processors; groups with a multiple of it suit all

const MOST_IN_A_TREE = 5; // 32 leaves

/** Channels up to whole lanes, or fours where that would add more than half: engines take those too. */
export function filledLanes(channels: number): number {
  const filled = Math.ceil(channels / WIDEST_LANES) * WIDEST_LANES;
  return filled <= 1.5 * channels ? filled : Math.ceil(channels / 4) * 4;
}

/** A network that is emitted piece by piece, in its order, into one graph or a graph and its branches. */
export interface EmittedNetwork {
  readonly shapes: NetworkShapes;
  readonly gated: readonly GatedBlock[];
  readonly architecture: Architecture;
  readonly maps: MapEmitter;
  readonly weights: FoldedWeights;
  readonly options: CheckedOptions;
}

/** Where a network has been emitted to. */
export interface NetworkPlace {
  /** Number of blocks emitted. */
  readonly blocks: number;
  readonly x: FlowingMap;
  readonly state: ControllerState | undefined;
  /** `[l]`: `bool [1, N]` of each gated block so far; none if gates are frozen. */
  readonly gates: readonly string[];
}

/** Everything needed to emit a part of a network. */
interface Assembly extends Emitter, EmittedNetwork {}

/** Prepares a network to be emitted. */
export function emittedNetwork(
  of: Architecture,
  weights: FoldedWeights,
  options: CheckedOptions,
): EmittedNetwork {
  const { imageSizePx, quantisation } = options;
  const architecture = fixedPadding(of, imageSizePx); // a file is for one size of images
  return {
    architecture,
    weights,
    options,
    shapes: inferShapes(architecture, { imageSizePx }),
    gated: gatedBlocks(architecture),
    maps: quantisation ? quantisedMaps(quantisation.ranges) : mapsInFloats(options),
  };
}

function mapsInFloats({ padChannelsTo, cpuLanes }: CheckedOptions): MapEmitter {
  if (cpuLanes) return blockedMaps(cpuLanes);
  return portableMaps(padChannelsTo === undefined || padChannelsTo === 1 ? WIDEST_LANES : padChannelsTo);
}

/** Emits what comes before the first block. @param image - `[B, C, H, W]` */
export function emitStart(graph: GraphBuilder, network: EmittedNetwork, image: string): NetworkPlace {
  const { maps, architecture } = network;
  const entering = maps.image(graph, image, architecture.inChannels);
  return { blocks: 0, x: emitStem({ ...network, graph }, entering), state: undefined, gates: [] };
}

/** Emits blocks from a place on, up to the first `end` blocks of the network, into the graph of the place or a branch. */
export function emitBlocks(
  graph: GraphBuilder,
  network: EmittedNetwork,
  { blocks, ...place }: NetworkPlace,
  end: number,
): NetworkPlace {
  const { maps, weights, options, shapes, gated } = network;
  const assembly = { ...network, graph };
  const gates = [...place.gates];
  let { x, state } = place;
  for (const [index, shape] of shapes.blocks.entries()) {
    if (index < blocks || index >= end) continue;
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
  return { blocks: end, x, state, gates };
}

function emitStem(assembly: Assembly, image: string): FlowingMap {
  const { graph, maps, weights } = assembly;
  const { stem } = assembly.architecture;
  const y = emitUnits(
    assembly,
    image,
    foldedUnits('stem', stem.units, weights).map((unit) => maps.prepared(unit)),
  );
  const value = stem.pool ? maps.maxPool(graph, y, stem.pool, 'stem.pool') : y;
  const last = stem.units[stem.units.length - 1];
  return { value, nonNegative: last !== undefined && isNonNegative(last.activation) };
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

/** The next controller reads the mean; so does the linear layer of an exit or the head, if it comes directly after the block. */
function wantedAfter({ blocks, exits, head }: NetworkShapes, index: number): Wanted {
  const next = blocks[index + 1];
  if (!next) return { map: head.length > 0, pooled: head.length === 0 };
  const exit = exits.find(({ afterBlock }) => afterBlock === index);
  return { map: true, pooled: next.blockIndex !== undefined || exit?.units.length === 0 };
}

/** If branches share weights, one tree takes all sub-blocks: more leaves only cost nodes. */
function branching({ layout }: CheckedOptions, { sharesWeights }: MapEmitter, subBlocks: number): Branching {
  const subBlocksPerFusion = { 'sub-blocks': 1, pairs: 2, patterns: subBlocks }[layout];
  const one = sharesWeights && subBlocks <= MOST_IN_A_TREE;
  return { subBlocksPerFusion, subBlocksPerTree: one ? subBlocks : subBlocksPerFusion };
}

/** The head of a network, or of an exit. */
export interface EmittedHead {
  /** `head` or `exit0`: the prefix of its names. */
  readonly path: string;
  readonly head: Head;
  /** Name of its output. */
  readonly output: string;
}

/** Emits a head after the blocks so far, and returns its logits, `[B, classes]`. */
export function emitHead(
  graph: GraphBuilder,
  network: EmittedNetwork,
  { x }: NetworkPlace,
  { path, head, output }: EmittedHead,
): string {
  const { maps, weights } = network;
  const { units } = head;
  const folded = foldedUnits(path, units, weights).map((unit) => maps.prepared(unit));
  const known = folded.length === 0 ? x.pooled : undefined;
  const pooled = known ?? maps.pooled(graph, emitUnits({ graph, maps }, x.value, folded), path);
  let features = graph.node('Flatten', `${path}.features`, [pooled]);
  const layers = headLayers(head);
  const numbers = weights.head(path, head);
  for (const [i, { name, inputs, outputs, activation }] of layers.entries()) {
    const isLast = i === layers.length - 1;
    const wide = i === 0 ? maps.laidOut(inputs) : inputs;
    const { weight, bias } = withRows(numbers[i] as LinearLayer, wide);
    const values = [
      features,
      graph.initialiser(`${path}.${name}.weight`, [wide, outputs], weight),
      graph.initialiser(`${path}.${name}.bias`, [outputs], bias as Float32Array),
    ];
    const y = graph.node('Gemm', isLast ? output : `${path}.${name}`, values);
    features = emitActivation(graph, y, activation, `${path}.${name}`);
  }
  return features;
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
    shortcut: shortcutEmitter(shape, maps, weights),
    bias: foldedBias(shape, maps, weights),
    paths: block.subBlocks.map(({ units }, n) =>
      paddedPath(foldedUnits(`${path}.subblock${n}`, units, weights), options.padChannelsTo ?? filledLanes),
    ),
  };
}
