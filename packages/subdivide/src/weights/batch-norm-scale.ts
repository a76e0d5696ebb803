import { BATCH_NORM_EPSILON } from '@dmnn/weights';

/** √(variance + ε), the divisor in batch norm. */
export function deviationOf(variance: number): number {
  return Math.sqrt(variance + BATCH_NORM_EPSILON);
}
