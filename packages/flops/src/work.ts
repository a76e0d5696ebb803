import { type Conventions, unitFactor } from './conventions.js';

/** What one layer does for one image, before any convention. A part that is left out is 0. */
export interface Work {
  /** Multiply–accumulates of convolutions and matrix products. */
  readonly macs?: number;
  /** Single operations of normalisation layers. */
  readonly batchNormOperations?: number;
  /** Additions of biases. */
  readonly biasOperations?: number;
  /** Single operations of activations, sums, pools and the like. */
  readonly activationOperations?: number;
}

/** What a layer's work costs under a convention, in the convention's unit. */
export function costOf(work: Work, conventions: Conventions): number {
  const operations =
    (conventions.batchNorm ? (work.batchNormOperations ?? 0) : 0) +
    (conventions.bias ? (work.biasOperations ?? 0) : 0) +
    (conventions.activations ? (work.activationOperations ?? 0) : 0);
  return unitFactor(conventions) * ((work.macs ?? 0) + operations / 2);
}
