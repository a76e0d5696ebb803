/** The loss of a step, term by term, each as it enters the total: already weighted. */
export interface LossValues {
  readonly total: number;
  /** Cross entropy of the classes. */
  readonly classification: number;
  /** Eq. 10; 0 without category heads. */
  readonly category: number;
  /** λ times Eq. 12; 0 without gates. */
  readonly executionRate: number;
  /** λ times Eq. 14; 0 without gates. */
  readonly flops: number;
  /** Weighted distance from the widening bounds; 0 without them. */
  readonly bounds: number;
  /** Weighted distance from the teacher's classes; 0 without a teacher. */
  readonly distillation: number;
  /** Weighted losses of the exits; absent without exits. */
  readonly exits?: number;
  /** REINFORCE loss of gates that were drawn; absent where rewards teach none. */
  readonly reinforcement?: number;
  /** Loss of gates that learn by regression what their sub-blocks contribute; absent where none do. */
  readonly contribution?: number;
}

/** Names of the terms, in order of print. */
export const lossTerms: readonly (keyof LossValues)[] = [
  'classification',
  'category',
  'executionRate',
  'flops',
  'bounds',
  'distillation',
  'exits',
  'reinforcement',
  'contribution',
  'total',
];

/** What a step computed, as plain numbers. */
export interface StepValues {
  readonly loss: LossValues;
  readonly images: number;
  /** Images whose class had the largest logit. */
  readonly correct: number;
  /** `[l]`: execution rate of each gated block, over the whole batch. Eq. 11. */
  readonly executionRates: readonly number[];
  /** Executed share of the network's own full MACs; 1 without gates. */
  readonly flopsRate: number;
  /** Euclidean norm of the whole gradient. */
  readonly gradientNorm: number;
}

/** Mean of the blocks' execution rates; null without gates. */
export function meanExecutionRate(rates: readonly number[]): number | null {
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}
