/** Where a training run went wrong. */
export interface TrainingErrorDetails {
  /** Optimiser steps finished before the one that failed: the weights are those after this many steps. */
  readonly step: number;
  /** Epoch of the failed step, from 0. */
  readonly epoch: number;
  /** What is not a number: `classification`, `executionRate`, `gradient`, … */
  readonly term: string;
  /** The block where it was first seen, `stage1.block0`, or `stem`, `head`, `images`; absent if it cannot be told. */
  readonly block?: string;
}

/**
 * A loss or a gradient is not a finite number. The step is not applied, so the weights are still those of the step
 * before.
 *
 * @example
 * ```ts
 * import { TrainingError } from '@dmnn/trainer';
 *
 * const error = new TrainingError({ step: 41, epoch: 0, term: 'classification', block: 'stage1.block0' });
 * console.log(error.code, error.step); // => DMNN_NAN 41
 * ```
 */
export class TrainingError extends Error {
  /** Stable name of this kind of error. */
  readonly code = 'DMNN_NAN';
  /** Optimiser steps finished before the one that failed. */
  readonly step: number;
  /** Epoch of the failed step, from 0. */
  readonly epoch: number;
  /** What is not a number. */
  readonly term: string;
  /** Where it was first seen, if that can be told. */
  readonly block: string | undefined;

  constructor(details: TrainingErrorDetails, remedy: string = defaultRemedy) {
    const where = details.block === undefined ? '' : `, first seen in ${details.block}`;
    super(
      `step ${details.step} (epoch ${details.epoch}): ${details.term}: expected a finite number, got NaN or infinity${where}. ${remedy}`,
    );
    this.name = 'TrainingError';
    this.step = details.step;
    this.epoch = details.epoch;
    this.term = details.term;
    this.block = details.block;
  }
}

const defaultRemedy =
  'The step was not applied. Lower learningRate.from, add learningRate.warmUpEpochs, or resume from an earlier checkpoint with another seed.';
