import type { Weights } from '@dmnn/weights';
import { trainingError } from './training-error.js';
import { placeOf } from './place-of.js';

/** What of a run is about to be saved. */
export interface SavedPart {
  /** `weights`, `velocities`, …: the term of the error. */
  readonly term: string;
  readonly step: number;
  readonly epoch: number;
}

/**
 * Refuses to save numbers that are not finite.
 *
 * @returns the same weights
 * @throws DmnnError `DMNN_NAN` naming the first tensor's block
 */
export function finiteWeights(weights: Weights, { term, step, epoch }: SavedPart): Weights {
  const name = nonFiniteName(weights);
  if (name === undefined) return weights;
  throw trainingError({ step, epoch, term, block: placeOf(name) }, 'They are not saved.');
}

/** The first tensor that has a number that is not finite. */
export function nonFiniteName(weights: Weights): string | undefined {
  for (const [name, { dtype, data }] of weights)
    if (dtype === 'F32' && !data.every((value) => Number.isFinite(value))) return name;
  return undefined;
}
