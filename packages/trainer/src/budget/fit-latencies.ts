import { fcnnlsVector } from 'ml-fcnnls';

/** How long a pattern of open sub-blocks took. */
export interface TimedPattern {
  /** `[l][n]`: share of the images that open it. */
  readonly rates: readonly (readonly number[])[];
  readonly ms: number;
}

/**
 * The times of sub-blocks, none below 0, that explain those of patterns with the least squared relative errors.
 *
 * @param timed - more patterns than sub-blocks
 * @returns what runs always, and `[l][n]`
 */
export function fitLatencies(timed: readonly TimedPattern[]): { fixedMs: number; subBlockMs: number[][] } {
  // each equation divided by its time: a pattern of few open sub-blocks counts as much as one of many
  const equations = timed.map(({ rates, ms }) => [1, ...rates.flat()].map((rate) => rate / ms));
  const ones = timed.map(() => 1);
  const [fixedMs = 0, ...flat] = fcnnlsVector(equations, ones).K.to1DArray();
  let end = 0;
  const subBlockMs = (timed[0]?.rates ?? []).map((block) => flat.slice(end, (end += block.length)));
  return { fixedMs, subBlockMs };
}
