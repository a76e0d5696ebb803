import {
  type Architecture,
  type BlockShape,
  type ConvUnit,
  type Head,
  type NetworkShapes,
  gatedBlocks,
  headLayers,
  inferShapes,
  paddingSides,
  windowOutSizePx,
} from '@dmnn/architecture';
import { fixedPadding } from '@dmnn/architecture/internal';
import type { NetworkData } from '@dmnn/weights';
import { type FoldedUnit, WeightReader, foldedUnit, paddedPath } from '@dmnn/weights/internal';
import type { EnginePlan, PlanStep } from './engine-plan.js';
import { type FlowingMap, type FoldedBlock, contentsOf, planBlock } from './plan-block.js';
import { type Quantisation, IMAGE_SITE } from '../quantisation/quantisation.js';
import { type MapContents, PlanBuilder, type PlanPurpose } from './plan-builder.js';
import { type ControllerState, planController } from './plan-controller.js';

/**
 * Weights of a linear layer, from which on reading them takes longer than multiplying: fewer stay in float32, where they
 * are exact.
 */
const LEAST_IN_BFLOAT16 = 2 ** 18;

/** Options of {@link makePlan}. */
export interface PlanOptions {
  /** Side of the square image, in pixels. @defaultValue that of the architecture */
  readonly imageSizePx?: number | undefined;
  /**
   * Multiple to which sub-blocks' hidden channels are padded with zeros.
   *
   * @defaultValue 1; 16 if the plan is quantised or observes, which must be padded alike
   */
  readonly padChannelsTo?: number | undefined;
  /** Keeps maps in 8 bits, of the scales that it has. */
  readonly quantisation?: Quantisation | undefined;
  /** Whether large linear layers of heads keep their weights in bfloat16. @defaultValue false */
  readonly bfloat16Heads?: boolean | undefined;
  /** Whether the plan observes the ranges that a quantisation needs. @defaultValue false */
  readonly observes?: boolean | undefined;
}

/**
 * Plans how an engine runs a network: batch norms folded, sub-blocks that are open together merged, residual sums in
 * place, memory shared. Exits run only for images for which they are asked.
 *
 * @param network - its weights are read, not copied, where no batch norm changes them
 * @throws WeightsError if a weight is missing, has another shape or is not finite; ArchitectureError if the image is
 *   too small for the network; DmnnError `DMNN_ENGINE` if the quantisation lacks a range
 * @see DMNN §3.2 Eq. 4 to 7
 */
export function makePlan(network: NetworkData, options: PlanOptions = {}): EnginePlan {
  const { imageSizePx = network.architecture.imageSizePx } = options;
  const architecture = fixedPadding(network.architecture, imageSizePx);
  const { weights } = network;
  const shapes = inferShapes(architecture, { imageSizePx });
  const reader = new WeightReader(weights);
  const builder = new PlanBuilder(purposeOf(options), options.bfloat16Heads);
  const { padChannelsTo = builder.isForWholeNumbers ? 16 : 1 } = options;
  const steps: PlanStep[] = [];
  let x = planStem(builder, architecture, shapes, reader, steps);

  const gated = gatedBlocks(architecture);
  let state: ControllerState | undefined;
  for (const [index, shape] of shapes.blocks.entries()) {
    const own = shape.blockIndex === undefined ? undefined : gated[shape.blockIndex];
    if (own) {
      if (x.mean === undefined) {
        x = { ...x, mean: builder.vector(shape.inChannels) };
        steps.push({ kind: 'mean', from: x.map, to: x.mean as number });
      }
      const controller = planController(builder, own, x.mean as number, state, reader);
      steps.push(...controller.steps);
      state = controller.state ?? state;
    }
    const block = foldedBlock(shape, reader, padChannelsTo, isMeanRead(shapes, index));
    const planned = planBlock(builder, block, x);
    steps.push(...planned.steps);
    x = planned.y;
    const exit = shapes.exits.find(({ afterBlock }) => afterBlock === index);
    if (exit) {
      const own: PlanStep[] = [];
      const logits = planHead(builder, exit, x, reader, own);
      steps.push({ kind: 'exit', steps: own, logits });
    }
  }
  const logits = planHead(builder, { path: 'head', head: architecture.head }, x, reader, steps);
  return builder.finish({
    name: architecture.name,
    gateCounts: gated.map(({ block }) => block.subBlocks.length),
    steps,
    logits,
  });
}

function planStem(
  builder: PlanBuilder,
  { inChannels, stem }: Architecture,
  { imageSizePx }: NetworkShapes,
  reader: WeightReader,
  steps: PlanStep[],
): FlowingMap {
  const contents: MapContents = { sites: [IMAGE_SITE], signed: true };
  const image = builder.map(inChannels, imageSizePx, contents);
  steps.push(...builder.observing(image, contents));
  const units = foldedUnits('stem', stem.units, reader);
  const last = planUnits(builder, { map: image, contents }, units, steps);
  if (!stem.pool) return { ...last, mean: undefined };
  const { channels, sizePx } = builder.mapAt(last.map);
  const to = builder.map(channels, windowOutSizePx(sizePx, stem.pool), last.contents);
  const { kernelSize, stride } = stem.pool;
  const padding = paddingSides(stem.pool, sizePx);
  steps.push({ kind: 'max-pool', from: last.map, to, kernelSize, stride, padding });
  builder.release(last.map);
  return { map: to, mean: undefined, contents: last.contents };
}

/** Units in sequence. @param keepsFrom - whether the first map is read afterwards @returns the last map */
function planUnits(
  builder: PlanBuilder,
  from: HeldMap,
  units: readonly FoldedUnit[],
  steps: PlanStep[],
  keepsFrom = false,
): HeldMap {
  return units.reduce(({ map }, unit, k) => {
    const { stride, activation } = unit;
    const { sizePx } = builder.mapAt(map);
    const padding = paddingSides(unit, sizePx);
    const contents = contentsOf([unit]);
    const to = builder.map(unit.outChannels, windowOutSizePx(sizePx, unit), contents);
    const filter = builder.filter([unit], 'outputs');
    steps.push({ kind: 'convolution', from: map, to, filter, stride, padding, added: undefined, activation });
    steps.push(...builder.observing(to, contents));
    if (k > 0 || !keepsFrom) builder.release(map);
    return { map: to, contents };
  }, from);
}

/** A map and what it holds. */
interface HeldMap {
  readonly map: number;
  readonly contents: MapContents;
}

/** Where the logits come from: at the end, or at an exit. */
interface PlacedHead {
  /** `head` or `exit0`: the prefix of its variables' names. */
  readonly path: string;
  readonly head: Head;
}

/** @returns the vector of logits; the map that it reads is left as it is */
function planHead(
  builder: PlanBuilder,
  { path, head }: PlacedHead,
  x: FlowingMap,
  reader: WeightReader,
  steps: PlanStep[],
): number {
  const { units, inFeatures } = head;
  let { mean } = x;
  if (mean === undefined || units.length > 0) {
    const { map } = planUnits(builder, x, foldedUnits(path, units, reader), steps, true);
    mean = builder.vector(inFeatures);
    steps.push({ kind: 'mean', from: map, to: mean });
    if (map !== x.map) builder.release(map);
  }
  return headLayers(head).reduce((from, { name, inputs, outputs, activation }) => {
    const to = builder.vector(outputs);
    const weight = builder.tensor(reader.numbers(`${path}.${name}.weight`, [inputs, outputs]));
    const bias = builder.tensor(reader.numbers(`${path}.${name}.bias`, [outputs]));
    const bfloat16 = builder.hasBfloat16Heads && inputs * outputs >= LEAST_IN_BFLOAT16;
    steps.push({ kind: 'linear', from, to, weight, bias, activation, adds: false, bfloat16 });
    return to;
  }, mean);
}

function purposeOf({ quantisation, observes = false }: PlanOptions): PlanPurpose {
  if (quantisation) return { kind: 'quantised', ranges: new Map(Object.entries(quantisation.ranges)) };
  return { kind: observes ? 'observing' : 'float' };
}

/** The next controller reads the mean, and so does the linear layer if it comes directly after the block. */
function isMeanRead({ blocks, head }: NetworkShapes, index: number): boolean {
  const next = blocks[index + 1];
  return next ? next.blockIndex !== undefined : head.length === 0;
}

function foldedUnits(path: string, units: readonly ConvUnit[], reader: WeightReader): FoldedUnit[] {
  return units.map((unit, k) => foldedUnit(`${path}.unit${k}`, unit, reader));
}

function foldedBlock(
  shape: BlockShape,
  reader: WeightReader,
  padChannelsTo: number,
  wantsMean: boolean,
): FoldedBlock {
  const { path, block, outChannels, outSizePx, blockIndex } = shape;
  const { shortcut, activation } = block;
  const bias = block.bias === true ? reader.numbers(`${path}.bias`, [outChannels]) : undefined;
  const projection =
    shortcut.kind === 'projection' ? foldedUnit(`${path}.shortcut`, shortcut.unit, reader) : undefined;
  const joins = bias !== undefined && projection?.activation === 'none';
  return {
    path,
    paths: block.subBlocks.map(({ units }, n) =>
      paddedPath(foldedUnits(`${path}.subblock${n}`, units, reader), padChannelsTo),
    ),
    shortcut,
    projection: joins
      ? { ...projection, bias: projection.bias.map((value, c) => value + (bias[c] as number)) }
      : projection,
    bias: joins ? undefined : bias,
    activation,
    outChannels,
    outSizePx,
    gates: blockIndex,
    wantsMean,
  };
}
