import { BATCH_NORM_EPSILON } from '@dmnn/weights';

/** √(variance + ε): what batch norm divides by. */
export function deviationOf(variance: number): number {
  return Math.sqrt(variance + BATCH_NORM_EPSILON);
}
