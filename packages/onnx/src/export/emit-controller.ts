import { type GatedBlock, blockInChannels } from '@dmnn/architecture';
import { batchNormLine, type WeightReader } from '@dmnn/weights/internal';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { Emitter } from './map-emitter.js';

/** The state that a controller passes to the next one. */
export interface ControllerState {
  readonly value: string;
  readonly units: number;
}

/** Inputs of a controller. */
export interface ControllerInputs {
  /** Mean of the block's input over height and width, `[1, C, 1, 1]`. */
  readonly pooled: string;
  /** State of the last preceding controller that has one. */
  readonly previous: ControllerState | undefined;
}

/** Outputs of a controller. */
export interface EmittedDecision {
  /** `bool [1, N]`: whether the on-logit is greater than the off-logit. */
  readonly gates: string;
  /** Absent if the controller has no state. */
  readonly state?: ControllerState | undefined;
}

/**
 * Emits a controller and its most likely gates.
 *
 * Only the difference of each sub-block's two logits matters, so the last layer computes the difference, with half as
 * many outputs.
 *
 * @see DMNN §3.2 Eq. 5 to 7
 */
export function emitController(
  { graph, maps }: Emitter,
  gated: GatedBlock,
  { pooled, previous }: ControllerInputs,
  reader: WeightReader,
): EmittedDecision {
  const { controller, block } = gated;
  const path = `${gated.path}.controller`;
  const units = controller.hiddenUnits;
  const channels = blockInChannels(block);
  const features = graph.node('Flatten', `${path}.features`, [pooled]);

  const embed = Float64Array.from(reader.numbers(`${path}.embed.weight`, [channels, units]));
  let embedBias: ArrayLike<number> | undefined;
  if (controller.kind === 'squeeze') {
    const { slope, offset } = batchNormLine(reader.batchNorm(`${path}.embed`, units));
    embed.forEach((value, i) => (embed[i] = value * (slope[i % units] as number)));
    embedBias = offset;
  } else if (controller.hiddenBias) {
    embedBias = reader.numbers(`${path}.embed.bias`, [units]);
  }
  const rows = maps.laidOut(channels); // padding rows read zeros
  const matrix = new Float64Array(rows * units);
  matrix.set(embed);
  const layer = linear(graph, `${path}.embed`, features, {
    shape: [rows, units],
    weight: matrix,
    bias: embedBias,
  });
  let hidden = graph.node('Relu', `${path}.embed.relu`, [layer]);

  if (controller.kind === 'state' && controller.previousState !== 'none' && previous) {
    const carryPath = controller.previousState === 'shared' ? 'controllers.carry' : `${path}.carry`;
    const shape = [previous.units, units] as const;
    const weight = reader.numbers(`${carryPath}.weight`, shape);
    const bias = controller.hiddenBias ? reader.numbers(`${carryPath}.bias`, [units]) : undefined;
    const carried = linear(graph, `${path}.carry`, previous.value, { shape, weight, bias });
    hidden = graph.node('Add', `${path}.state`, [
      hidden,
      graph.node('Relu', `${path}.carry.relu`, [carried]),
    ]);
  }

  const count = block.subBlocks.length;
  const pairs = reader.numbers(`${path}.decide.weight`, [units, 2 * count]);
  const pairBias = reader.numbers(`${path}.decide.bias`, [2 * count]);
  const logOdds = linear(graph, `${path}.decide`, hidden, {
    shape: [units, count],
    weight: differences(pairs),
    bias: differences(pairBias),
  });
  const zero = graph.initialiser(`${path}.zero`, [], Float32Array.of(0));
  return {
    gates: graph.node('Greater', `${path}.gates`, [logOdds, zero]),
    state: controller.kind === 'state' ? { value: hidden, units } : undefined,
  };
}

/** on − off for each pair (off, on). */
function differences(pairs: Float32Array): Float64Array {
  return Float64Array.from(
    { length: pairs.length / 2 },
    (_, n) => (pairs[2 * n + 1] as number) - (pairs[2 * n] as number),
  );
}

/** Weights of a linear layer. */
interface LinearNumbers {
  /** `[inputs, outputs]` */
  readonly shape: readonly [number, number];
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number> | undefined;
}

function linear(
  graph: GraphBuilder,
  path: string,
  x: string,
  { shape, weight, bias }: LinearNumbers,
): string {
  const inputs = [x, graph.initialiser(`${path}.weight`, shape, Float32Array.from(weight))];
  if (bias) inputs.push(graph.initialiser(`${path}.bias`, [shape[1]], Float32Array.from(bias)));
  return graph.node('Gemm', path, inputs);
}
