import type { GatedBlock } from '@dmnn/architecture';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { FoldedWeights, LinearLayer } from './folded-weights.js';
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
 * @see DMNN §3.2 Eq. 5 to 7
 */
export function emitController(
  { graph, maps }: Emitter,
  gated: GatedBlock,
  { pooled, previous }: ControllerInputs,
  weights: FoldedWeights,
): EmittedDecision {
  const { controller } = gated;
  const path = `${gated.path}.controller`;
  const { embed, carry, decide } = weights.controller(gated, previous?.units);
  const features = graph.node('Flatten', `${path}.features`, [pooled]);

  const layer = linear(graph, `${path}.embed`, features, withRows(embed, maps.laidOut(embed.inputs)));
  let hidden = graph.node('Relu', `${path}.embed.relu`, [layer]);
  if (carry && previous) {
    const carried = linear(graph, `${path}.carry`, previous.value, carry);
    hidden = graph.node('Add', `${path}.state`, [
      hidden,
      graph.node('Relu', `${path}.carry.relu`, [carried]),
    ]);
  }
  const logOdds = linear(graph, `${path}.decide`, hidden, decide);
  const zero = graph.initialiser(`${path}.zero`, [], Float32Array.of(0));
  return {
    gates: graph.node('Greater', `${path}.gates`, [logOdds, zero]),
    state: controller.kind === 'state' ? { value: hidden, units: controller.hiddenUnits } : undefined,
  };
}

/** A layer that reads more features, and ignores those that are added. */
export function withRows(layer: LinearLayer, inputs: number): LinearLayer {
  const weight = new Float32Array(inputs * layer.outputs);
  weight.set(layer.weight);
  return { ...layer, inputs, weight };
}

function linear(
  graph: GraphBuilder,
  path: string,
  x: string,
  { inputs, outputs, weight, bias }: LinearLayer,
): string {
  const values = [x, graph.initialiser(`${path}.weight`, [inputs, outputs], weight)];
  if (bias) values.push(graph.initialiser(`${path}.bias`, [outputs], bias));
  return graph.node('Gemm', path, values);
}
