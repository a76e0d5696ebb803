import type { EpochTotals } from '@dmnn/runs/internal';
import { type StepValues, lossTerms, meanExecutionRate } from './step-values.js';

/** The totals of an epoch with one more step. */
export function addTotals(totals: EpochTotals, values: StepValues): EpochTotals {
  const rate = meanExecutionRate(values.executionRates);
  const terms: [string, number][] = lossTerms.flatMap((term) => {
    const value = values.loss[term];
    return value === undefined ? [] : [[term, value]];
  });
  if (rate !== null) terms.push(['rate', rate]);
  return {
    steps: totals.steps + 1,
    images: totals.images + values.images,
    correct: totals.correct + values.correct,
    sums: Object.fromEntries(terms.map(([term, value]) => [term, (totals.sums[term] ?? 0) + value])),
  };
}

/** Top-1 error of some images, in percent. */
export function errorPercent({ images, correct }: { images: number; correct: number }): number {
  return (100 * (images - correct)) / images;
}
