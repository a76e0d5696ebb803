import type { Conventions } from './conventions.js';

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

/** The count of one multiply–accumulate: 1 or 2. */
export function unitFactor({ unit }: Conventions): 1 | 2 {
  switch (unit) {
    case 'macs':
      return 1;
    case 'flops':
      return 2;
    default:
      throw new RangeError(
        `conventions.unit: expected 'macs' or 'flops', got ${String(unit satisfies never)}`,
      );
  }
}
