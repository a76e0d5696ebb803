import { assertFunction } from '@dmnn/foundation';
import type { Schedule } from '@dmnn/gating';
import { Callback } from '@tensorflow/tfjs-layers';
import { assertOptions } from '../arguments.js';
import { resourceLossAmong } from './join-resource-loss.js';
import { layersError } from '../layers-error.js';
import { GatedSum } from '../gates/gated-sum.js';
import { GumbelGate } from '../gates/gumbel-gate.js';
import { layersOf } from '../gates/layers-of.js';

/** Options of {@link gateSchedule}: functions of progress, from 0 (start of `fit`) to 1 (its end). */
export interface GateScheduleOptions {
  /** Temperature of every `gumbelGate`. @defaultValue it stays as it is */
  readonly temperature?: Schedule | undefined;
  /** Target of the resource loss that was joined to the model. @defaultValue it stays as it is */
  readonly target?: Schedule | undefined;
  /** Weight of that loss. @defaultValue it stays as it is */
  readonly weight?: Schedule | undefined;
}

class GateSchedule extends Callback {
  readonly #options: GateScheduleOptions;
  #epoch = 0;
  #batches = 0;

  constructor(options: GateScheduleOptions) {
    super();
    this.#options = options;
  }

  override onTrainBegin(): Promise<void> {
    this.#batches = 0;
    this.#set(0);
    return Promise.resolve();
  }

  override onEpochBegin(epoch: number): Promise<void> {
    this.#epoch = epoch;
    return Promise.resolve();
  }

  override onBatchBegin(batch: number): Promise<void> {
    // the number of batches is unknown in the first epoch of a data set: then progress goes epoch by epoch
    const { epochs, samples, batchSize, steps } = this.params as Record<string, number | null | undefined>;
    const perEpoch =
      steps ?? (samples && batchSize ? Math.ceil(samples / batchSize) : this.#batches || undefined);
    const within = perEpoch === undefined ? 0 : batch / perEpoch;
    this.#set(Math.min(1, (this.#epoch + within) / (epochs ?? 1)));
    return Promise.resolve();
  }

  override onBatchEnd(batch: number): Promise<void> {
    this.#batches = Math.max(this.#batches, batch + 1);
    return Promise.resolve();
  }

  override onTrainEnd(): Promise<void> {
    this.#set(1);
    return Promise.resolve();
  }

  #set(progress: number): void {
    const { temperature, target, weight } = this.#options;
    if (temperature) {
      for (const gate of layersOf(this.model, GumbelGate)) gate.temperature = temperature(progress);
    }
    if (!target && !weight) return;
    const loss = resourceLossAmong(layersOf(this.model, GatedSum));
    if (!loss) {
      throw layersError(
        'model',
        'a resource loss, whose target or weight is scheduled',
        'none',
        'Call joinResourceLoss(model, …) before model.fit.',
      );
    }
    if (target) loss.target = target(progress);
    if (weight) loss.weight = weight(progress);
  }
}

/**
 * A callback for `model.fit` and `model.fitDataset` that changes the temperature of gates, and target and weight of the
 * resource loss, before every step.
 *
 * @throws RangeError if a schedule returns a number out of its range, in the step that uses it. DmnnError `DMNN_LAYERS`
 *   when training begins with a target or weight but no resource loss.
 * @example
 * ```ts
 * import { cosine, exponential } from '@dmnn/gating';
 * import { gateSchedule } from '@dmnn/layers';
 *
 * const callbacks = gateSchedule({ temperature: exponential(5, 0.5), target: cosine(1, 0.6) });
 * console.log(typeof callbacks.onBatchBegin); // => function
 * ```
 */
export function gateSchedule(options: GateScheduleOptions): Callback {
  assertOptions(options, ['temperature', 'target', 'weight']);
  for (const [name, schedule] of Object.entries(options))
    if (schedule !== undefined)
      assertFunction(name, schedule, 'a function of progress, such as cosine(1, 0.6) of @dmnn/gating');
  return new GateSchedule(options);
}
