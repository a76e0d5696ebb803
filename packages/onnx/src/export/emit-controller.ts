import { type GatedBlock, blockInChannels } from '@dmnn/architecture';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { batchNormLine } from './folded-unit.js';
import type { MapEmitter } from './map-emitter.js';
import type { WeightReader } from './weight-reader.js';

/** The state that a controller hands to the next. */
export interface ControllerState {
  readonly value: string;
  readonly units: number;
}

/** What a controller decides. */
export interface EmittedDecision {
  /** `bool [1, N]`: whether the on-logit is the larger. */
  readonly gates: string;
  /** Absent if the controller has none. */
  readonly state?: ControllerState;
}

/**
 * A controller and the likeliest gates.
 *
 * Only the difference of each sub-block's two logits matters, so the last layer computes that: half as many outputs.
 *
 * @param pooled - mean of the block's input over height and width, `[1, C, 1, 1]`
 * @param previous - of the last controller before that has a state
 * @see DMNN §3.2 Eq. 5 to 7
 */
export function emitController(
  graph: GraphBuilder,
  pooled: string,
  gated: GatedBlock,
  previous: ControllerState | undefined,
  maps: MapEmitter,
  weights: WeightReader,
): EmittedDecision {
  const { controller, block } = gated;
  const path = `${gated.path}.controller`;
  const units = controller.hiddenUnits;
  const channels = blockInChannels(block);
  const features = graph.node('Flatten', `${path}.features`, [pooled]);

  const embed = Float64Array.from(weights.take(`${path}.embed.weight`, [channels, units]));
  let embedBias: ArrayLike<number> | undefined;
  if (controller.kind === 'squeeze') {
    const { slope, offset } = batchNormLine(`${path}.embed`, units, weights);
    embed.forEach((value, i) => (embed[i] = value * (slope[i % units] as number)));
    embedBias = offset;
  } else if (controller.hiddenBias) {
    embedBias = weights.take(`${path}.embed.bias`, [units]);
  }
  const rows = maps.laidOut(channels); // those added read zeros
  const matrix = new Float64Array(rows * units);
  matrix.set(embed);
  const layer = linear(graph, features, `${path}.embed`, [rows, units], matrix, embedBias);
  let hidden = graph.node('Relu', `${path}.embed.relu`, [layer]);

  if (controller.kind === 'state' && controller.previousState !== 'none' && previous) {
    const carryPath = controller.previousState === 'shared' ? 'controllers.carry' : `${path}.carry`;
    const shape = [previous.units, units] as const;
    const carry = weights.take(`${carryPath}.weight`, shape);
    const bias = controller.hiddenBias ? weights.take(`${carryPath}.bias`, [units]) : undefined;
    const carried = linear(graph, previous.value, `${path}.carry`, shape, carry, bias);
    hidden = graph.node('Add', `${path}.state`, [
      hidden,
      graph.node('Relu', `${path}.carry.relu`, [carried]),
    ]);
  }

  const count = block.subBlocks.length;
  const pairs = weights.take(`${path}.decide.weight`, [units, 2 * count]);
  const pairBias = weights.take(`${path}.decide.bias`, [2 * count]);
  const logOdds = linear(
    graph,
    hidden,
    `${path}.decide`,
    [units, count],
    differences(pairs),
    differences(pairBias),
  );
  const zero = graph.initialiser(`${path}.zero`, [], Float32Array.of(0));
  return {
    gates: graph.node('Greater', `${path}.gates`, [logOdds, zero]),
    ...(controller.kind === 'state' ? { state: { value: hidden, units } } : {}),
  };
}

/** on − off of each (off, on). */
function differences(pairs: Float32Array): Float64Array {
  return Float64Array.from(
    { length: pairs.length / 2 },
    (_, n) => (pairs[2 * n + 1] as number) - (pairs[2 * n] as number),
  );
}

function linear(
  graph: GraphBuilder,
  x: string,
  path: string,
  shape: readonly [number, number],
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
): string {
  const inputs = [x, graph.initialiser(`${path}.weight`, shape, Float32Array.from(weight))];
  if (bias) inputs.push(graph.initialiser(`${path}.bias`, [shape[1]], Float32Array.from(bias)));
  return graph.node('Gemm', path, inputs);
}
