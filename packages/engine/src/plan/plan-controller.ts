import { type Activation, type GatedBlock, blockInChannels } from '@dmnn/architecture';
import { type WeightReader, batchNormLine, decideWeightName } from '@dmnn/weights/internal';
import type { PlanStep } from './engine-plan.js';
import type { PlanBuilder } from './plan-builder.js';

/** The state that a controller passes to the next one. */
export interface ControllerState {
  /** A vector. */
  readonly vector: number;
  readonly units: number;
  /** The vector of an LSTM's cell state; that of its hidden state is `vector`. */
  readonly cell?: number | undefined;
}

/** A controller's steps, and its state if it has one. */
export interface PlannedController {
  readonly steps: readonly PlanStep[];
  readonly state: ControllerState | undefined;
}

/**
 * The steps of a controller: from the mean of its block's input to its gates.
 *
 * Only the difference of each sub-block's two logits matters, so the last layer computes the log-odds, with half as
 * many outputs.
 *
 * @param mean - the vector that holds the mean
 * @see DMNN §3.2 Eq. 5 to 7
 */
export function planController(
  builder: PlanBuilder,
  gated: GatedBlock,
  mean: number,
  previous: ControllerState | undefined,
  reader: WeightReader,
): PlannedController {
  const { controller, block, blockIndex } = gated;
  const path = `${gated.path}.controller`;
  const units = controller.hiddenUnits;
  const isRecurrent = controller.kind === 'recurrent';
  // an LSTM's states stay where they are
  const hidden = isRecurrent && previous ? previous.vector : builder.vector(units);
  const cell = isRecurrent ? (previous?.cell ?? builder.vector(units)) : undefined;
  const steps: PlanStep[] = [];
  const linear = (step: {
    readonly from: number;
    readonly to: number;
    readonly weight: Float32Array;
    readonly bias: Float32Array | undefined;
    readonly activation?: Activation | undefined;
    readonly adds?: boolean | undefined;
  }) => {
    const { from, to, weight, bias, activation = 'none', adds = false } = step;
    const places = { weight: builder.tensor(weight), bias: bias && builder.tensor(bias) };
    steps.push({ kind: 'linear', from, to, ...places, activation, adds, bfloat16: false });
  };

  const embedUnits = isRecurrent ? controller.embedUnits : units;
  const embed = reader.numbers(`${path}.embed.weight`, [blockInChannels(block), embedUnits]);
  if (cell !== undefined) {
    const read = builder.vector(embedUnits);
    const gates = builder.vector(4 * units);
    linear({ from: mean, to: read, weight: embed, bias: reader.numbers(`${path}.embed.bias`, [embedUnits]) });
    const shared = 'controllers.cell';
    const weight = reader.numbers(`${shared}.input.weight`, [embedUnits, 4 * units]);
    linear({ from: read, to: gates, weight, bias: reader.numbers(`${shared}.bias`, [4 * units]) });
    if (previous) {
      const ofState = reader.numbers(`${shared}.state.weight`, [units, 4 * units]);
      linear({ from: hidden, to: gates, weight: ofState, bias: undefined, adds: true });
    }
    steps.push({ kind: 'cell', from: gates, cell, hidden, isFirst: !previous });
  } else if (controller.kind === 'squeeze') {
    const { slope, offset } = batchNormLine(reader.batchNorm(`${path}.embed`, units));
    const weight = embed.map((value, i) => value * (slope[i % units] as number));
    linear({ from: mean, to: hidden, weight, bias: Float32Array.from(offset), activation: 'relu' });
  } else if (controller.kind === 'state') {
    const bias = controller.hiddenBias ? reader.numbers(`${path}.embed.bias`, [units]) : undefined;
    linear({ from: mean, to: hidden, weight: embed, bias, activation: 'relu' });
    if (controller.previousState !== 'none' && previous) {
      const carry = controller.previousState === 'shared' ? 'controllers.carry' : `${path}.carry`;
      const weight = reader.numbers(`${carry}.weight`, [previous.units, units]);
      const carryBias = controller.hiddenBias ? reader.numbers(`${carry}.bias`, [units]) : undefined;
      linear({ from: previous.vector, to: hidden, weight, bias: carryBias, activation: 'relu', adds: true });
    }
  }

  const count = block.subBlocks.length;
  const logOdds = builder.vector(count);
  const weight = differences(reader.numbers(decideWeightName(gated), [units, 2 * count]));
  const bias = differences(reader.numbers(`${path}.decide.bias`, [2 * count]));
  linear({ from: hidden, to: logOdds, weight, bias });
  steps.push({ kind: 'decide', from: logOdds, gates: blockIndex });
  return { steps, state: controller.kind === 'squeeze' ? undefined : { vector: hidden, units, cell } };
}

/** on − off for each pair (off, on). */
function differences(pairs: Float32Array): Float32Array {
  return Float32Array.from(
    { length: pairs.length / 2 },
    (_, n) => (pairs[2 * n + 1] as number) - (pairs[2 * n] as number),
  );
}
