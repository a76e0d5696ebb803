import { DmnnError } from '@dmnn/foundation';

/** Where a training run went wrong. */
export interface TrainingErrorDetails {
  /** Optimiser steps finished before the one that failed: the weights are those after this many steps. */
  readonly step: number;
  /** Epoch of the failed step, from 0. */
  readonly epoch: number;
  /** What is not a number: `classification`, `executionRate`, `gradient`, `weights`, `velocities`, … */
  readonly term: string;
  /** The block where it was first seen, `stage1.block0`, or `stem`, `head`, `images`; absent if that is not known. */
  readonly block?: string | undefined;
}

const defaultRemedy = 'The step was not applied. Lower the learning rate.';

/**
 * A number is not finite: a loss or a gradient, whose step is then not applied, so that the weights are still those of the
 * step before; or a weight, which is then not saved.
 */
export function trainingError(
  details: TrainingErrorDetails,
  remedy: string = defaultRemedy,
  cause?: unknown,
): DmnnError {
  const { step, epoch, term, block } = details;
  const where = block === undefined ? '' : `, first seen in ${block}`;
  return new DmnnError(
    'DMNN_NAN',
    `step ${step} (epoch ${epoch}): ${term}: expected a finite number, got NaN or infinity${where}. ${remedy}`,
    { details: { step, epoch, term, block }, ...(cause !== undefined && { cause }) },
  );
}
