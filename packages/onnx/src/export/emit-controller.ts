import type { GatedBlock } from '@dmnn/architecture';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { CellLayers, FoldedWeights, LinearLayer } from './folded-weights.js';
import type { Emitter } from './map-emitter.js';

/** The state that a controller passes to the next one. */
export interface ControllerState {
  readonly value: string;
  readonly units: number;
  /** The cell state of an LSTM, whose hidden state is `value`. */
  readonly cell?: string | undefined;
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
  const { embed, cell, carry, decide } = weights.controller(gated, previous?.units);
  const features = graph.node('Flatten', `${path}.features`, [pooled]);

  const layer = linear(graph, `${path}.embed`, features, withRows(embed, maps.laidOut(embed.inputs)));
  const zero = (): string => graph.initialiser(`${path}.zero`, [], Float32Array.of(0));
  const gatesOf = (hidden: string): string =>
    graph.node('Greater', `${path}.gates`, [linear(graph, `${path}.decide`, hidden, decide), zero()]);
  if (cell) {
    const state = emitCell(graph, path, layer, previous, cell);
    return { gates: gatesOf(state.value), state };
  }
  let hidden = graph.node('Relu', `${path}.embed.relu`, [layer]);
  if (carry && previous) {
    const carried = linear(graph, `${path}.carry`, previous.value, carry);
    hidden = graph.node('Add', `${path}.state`, [
      hidden,
      graph.node('Relu', `${path}.carry.relu`, [carried]),
    ]);
  }
  return {
    gates: gatesOf(hidden),
    state: controller.kind === 'state' ? { value: hidden, units: controller.hiddenUnits } : undefined,
  };
}

/**
 * A step of an LSTM in operations that every engine has.
 *
 * @param read - what it reads, `[1, embedUnits]`
 */
function emitCell(
  graph: GraphBuilder,
  path: string,
  read: string,
  previous: ControllerState | undefined,
  { input, state }: CellLayers,
): ControllerState {
  const own = `${path}.cell`;
  const units = input.outputs / 4;
  const names = [
    read,
    graph.initialiser(`${own}.input.weight`, [input.inputs, input.outputs], input.weight),
    graph.initialiser(`${own}.bias`, [input.outputs], input.bias as Float32Array),
  ];
  const ofInput = graph.node('Gemm', `${own}.input`, names);
  const sum =
    previous && state
      ? graph.node('Gemm', `${own}.sum`, [
          previous.value,
          graph.initialiser(`${own}.state.weight`, [units, state.outputs], state.weight),
          ofInput,
        ])
      : ofInput;
  const [i, f, g, o] = graph.nodes('Split', `${own}.gate`, [sum], 4, { axis: { int: 1 } }) as [
    string,
    string,
    string,
    string,
  ];
  const sigmoid = (gate: string, name: string): string => graph.node('Sigmoid', `${own}.${name}`, [gate]);
  const written = graph.node('Mul', `${own}.written`, [
    sigmoid(i, 'write'),
    graph.node('Tanh', `${own}.candidate`, [g]),
  ]);
  const cell =
    previous?.cell === undefined
      ? written
      : graph.node('Add', `${own}.state`, [
          graph.node('Mul', `${own}.kept`, [sigmoid(f, 'keep'), previous.cell]),
          written,
        ]);
  const shown = graph.node('Tanh', `${own}.shown`, [cell]);
  return { value: graph.node('Mul', `${own}.hidden`, [sigmoid(o, 'show'), shown]), units, cell };
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
