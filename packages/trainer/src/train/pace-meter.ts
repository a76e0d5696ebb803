import type { Pace } from './train-events.js';

/** Measures throughput and estimates the remaining time. */
export class PaceMeter {
  #secondsPerStep: number | undefined;
  #secondsPerEvaluation = 0;

  /** Takes the time of one step into account; recent ones count more. */
  step(seconds: number): void {
    this.#secondsPerStep =
      this.#secondsPerStep === undefined ? seconds : 0.95 * this.#secondsPerStep + 0.05 * seconds;
  }

  /** Takes the time of one evaluation into account. */
  evaluation(seconds: number): void {
    this.#secondsPerEvaluation = seconds;
  }

  /** @param left - steps and evaluations still to come */
  pace(batchSize: number, left: { steps: number; evaluations: number }): Pace {
    const seconds = this.#secondsPerStep ?? NaN;
    return {
      imagesPerSecond: batchSize / seconds,
      etaSeconds: left.steps * seconds + left.evaluations * this.#secondsPerEvaluation,
    };
  }
}
