import type { EpochRecord, MetricsRecord } from '@dmnn/runs';
import { type GateAlarm, gateAlarms } from './gate-alarms.js';
import type { GateAlarmContext } from './gate-findings.js';
import { type GateRecord, gateHistory } from './gate-record.js';

/** Watches the gates of a run, epoch by epoch. What it says depends on the log alone, so a resumed run says the same. */
export class GateWatch {
  readonly #context: GateAlarmContext;
  readonly #steps: number;
  readonly #history: GateRecord[];

  /**
   * @param records - the log so far
   * @param steps - optimiser steps of the whole run
   */
  constructor(context: GateAlarmContext, records: readonly MetricsRecord[], steps: number) {
    this.#context = context;
    this.#steps = steps;
    this.#history = gateHistory(records, steps);
  }

  /** The alarms after an epoch; none if it was not evaluated. */
  after(epoch: EpochRecord): GateAlarm[] {
    const added = gateHistory([epoch], this.#steps);
    this.#history.push(...added);
    return added.length === 0 ? [] : gateAlarms(this.#history, this.#context);
  }
}
