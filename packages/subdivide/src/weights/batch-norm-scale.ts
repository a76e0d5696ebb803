import { BATCH_NORM_EPSILON } from '@dmnn/weights';

/** √(variance + ε), the divisor in batch norm. */
export function deviationOf(variance: number, epsilon: number = BATCH_NORM_EPSILON): number {
  return Math.sqrt(variance + epsilon);
}
