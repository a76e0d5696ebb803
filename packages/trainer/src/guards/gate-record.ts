import type { MetricsRecord } from '@dmnn/runs';

/** The gates of an evaluated epoch. */
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

/**
 * The evaluated epochs of a run's log, in order: what {@link gateAlarms} judges.
 *
 * @param records - as `readMetrics` gives them
 * @param steps - optimiser steps of the whole run
 * @example
 * ```ts
 * import { readMetrics } from '@dmnn/runs';
 * import { gateHistory } from '@dmnn/trainer';
 *
 * const history = gateHistory(await readMetrics('runs/mine'), 3900);
 * console.log(history.length); // => 0
 * ```
 */
export function gateHistory(records: readonly MetricsRecord[], steps: number): GateRecord[] {
  return records.flatMap((record) => {
    if (record.kind !== 'epoch' || !record.evaluation) return [];
    const { epoch, step, training, evaluation } = record;
    const { executionRates } = evaluation;
    return [{ epoch, progress: step / steps, executionRates, trainingRate: training.executionRate }];
  });
}
