import type { Work } from '../conventions.js';
import { activationOperationsOf } from './activation-operations.js';
import { type LayerCall, type LayerCounter, numberOf, volume } from './layer-call.js';

interface Cell {
  /** Number of matrices in each kernel, side by side, and of biases. */
  readonly gates: number;
  /** Number of `recurrentActivation` and `activation` calls per unit and step. */
  readonly recurrentActivations: number;
  readonly activations: number;
  /** Sums and products of states per unit and step. */
  readonly stateOperations: number;
}

/** Layers that run a cell at each step of a sequence. */
export const recurrentCounters: { readonly [className: string]: LayerCounter } = {
  // h = f(x·W + h·U + b)
  SimpleRNN: repeated({ gates: 1, recurrentActivations: 0, activations: 1, stateOperations: 0 }),
  // c = f ∘ c + i ∘ g, h = o ∘ tanh(c)
  LSTM: repeated({ gates: 4, recurrentActivations: 3, activations: 2, stateOperations: 4 }),
  // h = z ∘ h + (1 − z) ∘ g(r ∘ h)
  GRU: repeated({ gates: 3, recurrentActivations: 2, activations: 1, stateOperations: 5 }),
};

function repeated(cell: Cell): LayerCounter {
  return (call: LayerCall): Work | undefined => {
    const steps = call.inputShapes[0]?.[0];
    const units = numberOf(call, 'units');
    const inner = activationOperationsOf(call.config['activation']);
    const recurrent = activationOperationsOf(call.config['recurrentActivation']);
    if (steps === undefined || units === undefined || inner === undefined || recurrent === undefined) {
      return undefined;
    }
    const perUnit = cell.recurrentActivations * recurrent + cell.activations * inner + cell.stateOperations;
    return {
      macs: steps * (volume(call.weightShapes[0]) + volume(call.weightShapes[1])),
      biasOperations: call.config['useBias'] === true ? steps * cell.gates * units : 0,
      activationOperations: steps * units * perUnit,
    };
  };
}
