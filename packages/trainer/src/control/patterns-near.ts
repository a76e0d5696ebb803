import { type GateCosts, meanCost } from '@dmnn/flops';

/** `[l][n]`: which sub-blocks run, the same for every image. */
export type FixedPattern = readonly (readonly boolean[])[];

/** Patterns of one order of the sub-blocks around a cost. */
export interface PatternsNear {
  /** Costs no more, and no sub-block that is closed in it could be opened. */
  readonly below: FixedPattern;
  /** `below` with the first sub-block opened that it lacks, so that it costs more; undefined if `below` costs all of it. */
  readonly above: FixedPattern | undefined;
  /**
   * Share of the images that run under `above` if the mean cost of both is to be the one asked for: `below` alone costs it
   * if 0.
   */
  readonly shareAbove: number;
}

/** Rounding of a mean over images, as a share of it. */
const ROUNDING = 1e-12;

/**
 * The fixed patterns of a cost: opens sub-blocks in an order, each that the cost still pays for.
 *
 * @param scores - `[l][n]`: the order, the highest first; equal ones as they stand
 * @param costs - of the network, with what always runs
 * @param cost - not below what always runs
 */
export function patternsNear(
  scores: readonly (readonly number[])[],
  costs: GateCosts,
  cost: number,
): PatternsNear {
  const limit = cost * (1 + ROUNDING);
  const order = scores
    .flatMap((row, l) => row.map((score, n) => ({ l, n, score })))
    .sort((a, b) => b.score - a.score);
  const open = scores.map((row) => row.map(() => false));
  let reached = costs.alwaysCost;
  const closed: { readonly l: number; readonly n: number }[] = [];
  for (const { l, n } of order) {
    const own = costs.subBlockCosts[l]?.[n] as number;
    if (reached + own > limit) {
      closed.push({ l, n });
      continue;
    }
    reached += own;
    (open[l] as boolean[])[n] = true;
  }
  const [next] = closed;
  if (!next || reached >= cost * (1 - ROUNDING)) return { below: open, above: undefined, shareAbove: 0 };
  const above = open.map((row, l) => row.map((each, n) => each || (l === next.l && n === next.n)));
  return { below: open, above, shareAbove: (cost - reached) / (meanCost(costs, above) - reached) };
}

/** `10,11`: a word for each gated block, 1 for open, as `dmnn export --pattern` takes it. */
export function patternText(pattern: FixedPattern): string {
  return pattern.map((row) => row.map(Number).join('')).join(',');
}
