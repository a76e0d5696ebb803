import { type Conventions, unitFactor } from './conventions.js';

/** The work of one layer for one image, before any convention is applied. Omitted parts are 0. */
export interface Work {
  /** Multiply–accumulates of convolutions and matrix products. */
  readonly macs?: number;
  /** Operations of normalisation layers. */
  readonly batchNormOperations?: number;
  /** Additions of biases. */
  readonly biasOperations?: number;
  /** Operations of activations, sums, pooling and similar layers. */
  readonly activationOperations?: number;
}

/** The cost of a layer's work under a convention, in the unit of that convention. */
export function costOf(work: Work, conventions: Conventions): number {
  const operations =
    (conventions.batchNorm ? (work.batchNormOperations ?? 0) : 0) +
    (conventions.bias ? (work.biasOperations ?? 0) : 0) +
    (conventions.activations ? (work.activationOperations ?? 0) : 0);
  return unitFactor(conventions) * ((work.macs ?? 0) + operations / 2);
}
