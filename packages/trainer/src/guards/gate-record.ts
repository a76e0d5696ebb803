import type { MetricsRecord } from '@dmnn/runs';

/** What an evaluated epoch says of the gates. */
export interface GateRecord {
  /** From 0: the one that has ended. */
  readonly epoch: number;
  /** Share of training that is done, in (0, 1]. */
  readonly progress: number;
  /** `[l][n]`: share of the test images that ran sub-block n of gated block l. */
  readonly executionRates: readonly (readonly number[])[];
  /** Mean execution rate of the epoch's training steps, with the noise that they had; null if it is not known. */
  readonly trainingRate: number | null;
}

/** A line of kind `epoch`, as far as it is looked at. */
interface EpochLine {
  readonly epoch: number;
  readonly step: number;
  readonly training: { readonly executionRate: number | null };
  readonly evaluation?: { readonly executionRates: readonly (readonly number[])[] };
}

/**
 * The evaluated epochs of a run's log, in order: what {@link gateAlarms} judges.
 *
 * @param records - as `readMetrics` gives them
 * @param steps - optimiser steps of the whole run
 * @example
 * ```ts
 * import { gateHistory } from '@dmnn/trainer';
 *
 * const training = { executionRate: 0.7 };
 * const line = { kind: 'epoch', epoch: 0, step: 390, training, evaluation: { executionRates: [[1, 0.2]] } };
 * console.log(gateHistory([line, { kind: 'step' }], 3900).map(({ progress }) => progress)); // => [ 0.1 ]
 * ```
 */
export function gateHistory(records: readonly MetricsRecord[], steps: number): GateRecord[] {
  const epochs = records.filter(({ kind }) => kind === 'epoch') as unknown as readonly EpochLine[];
  return epochs.flatMap(({ epoch, step, training, evaluation }) => {
    if (!evaluation) return [];
    const { executionRates } = evaluation;
    return [{ epoch, progress: step / steps, executionRates, trainingRate: training.executionRate }];
  });
}
