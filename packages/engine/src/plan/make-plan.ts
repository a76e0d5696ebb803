import {
  type Architecture,
  type BlockShape,
  type ConvUnit,
  type NetworkShapes,
  gatedBlocks,
  inferShapes,
  windowOutSizePx,
} from '@dmnn/architecture';
import { assertRunsToTheEnd } from '@dmnn/architecture/internal';
import type { NetworkData } from '@dmnn/weights';
import { type FoldedUnit, WeightReader, foldedUnit, paddedPath } from '@dmnn/weights/internal';
import { activations } from '@dmnn/architecture';
import type { EnginePlan, PlanStep } from './engine-plan.js';
import { type FlowingMap, type FoldedBlock, planBlock } from './plan-block.js';
import { PlanBuilder } from './plan-builder.js';
import { type ControllerState, planController } from './plan-controller.js';

/** Options of {@link makePlan}. */
export interface PlanOptions {
  /** Side of the square image, in pixels. @defaultValue that of the architecture */
  readonly imageSizePx?: number | undefined;
  /** Multiple to which sub-blocks' hidden channels are padded with zeros. @defaultValue 1 */
  readonly padChannelsTo?: number | undefined;
}

/**
 * Plans how an engine runs a network: batch norms folded, sub-blocks that are open together merged, residual sums in
 * place, memory shared.
 *
 * @param network - its weights are read, not copied, where no batch norm changes them
 * @throws WeightsError if a weight is missing, has another shape or is not finite; ArchitectureError if the image is
 *   too small for the network, or the network has exits
 * @see DMNN §3.2 Eq. 4 to 7
 */
export function makePlan({ architecture, weights }: NetworkData, options: PlanOptions = {}): EnginePlan {
  const { padChannelsTo = 1 } = options;
  assertRunsToTheEnd(architecture, 'plans of engines');
  const shapes = inferShapes(architecture, { imageSizePx: options.imageSizePx });
  const reader = new WeightReader(weights);
  const builder = new PlanBuilder();
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
  }
  const logits = planHead(builder, architecture, x, reader, steps);
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
  const image = builder.map(inChannels, imageSizePx);
  let map = planUnits(builder, image, foldedUnits('stem', stem.units, reader), steps);
  if (stem.pool) {
    const { channels, sizePx } = builder.mapAt(map);
    const to = builder.map(channels, windowOutSizePx(sizePx, stem.pool));
    steps.push({ kind: 'max-pool', from: map, to, ...stem.pool });
    builder.release(map);
    map = to;
  }
  const last = stem.units.at(-1);
  const nonNegative = last !== undefined && activations[last.activation].range[0] >= 0;
  return { map, mean: undefined, nonNegative };
}

/** Units in sequence. @returns the last map */
function planUnits(
  builder: PlanBuilder,
  from: number,
  units: readonly FoldedUnit[],
  steps: PlanStep[],
): number {
  return units.reduce((map, unit) => {
    const { stride, padding, activation } = unit;
    const to = builder.map(unit.outChannels, windowOutSizePx(builder.mapAt(map).sizePx, unit));
    const filter = builder.filter([unit], 'outputs');
    steps.push({ kind: 'convolution', from: map, to, filter, stride, padding, adds: false, activation });
    builder.release(map);
    return to;
  }, from);
}

function planHead(
  builder: PlanBuilder,
  { head }: Architecture,
  x: FlowingMap,
  reader: WeightReader,
  steps: PlanStep[],
): number {
  const { units, inFeatures, classes } = head;
  let { mean } = x;
  if (mean === undefined || units.length > 0) {
    const map = planUnits(builder, x.map, foldedUnits('head', units, reader), steps);
    mean = builder.vector(inFeatures);
    steps.push({ kind: 'mean', from: map, to: mean });
  }
  const to = builder.vector(classes);
  const weight = builder.tensor(reader.numbers('head.linear.weight', [inFeatures, classes]));
  const bias = builder.tensor(reader.numbers('head.linear.bias', [classes]));
  steps.push({ kind: 'linear', from: mean, to, weight, bias, relu: false, adds: false });
  return to;
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
  return {
    paths: block.subBlocks.map(({ units }, n) =>
      paddedPath(foldedUnits(`${path}.subblock${n}`, units, reader), padChannelsTo),
    ),
    shortcut,
    projection:
      shortcut.kind === 'projection' ? foldedUnit(`${path}.shortcut`, shortcut.unit, reader) : undefined,
    activation,
    outChannels,
    outSizePx,
    gates: blockIndex,
    wantsMean,
  };
}
