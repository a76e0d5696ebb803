import { budgetError } from './budget-error.js';
import { type GateCosts, highestCost } from './gate-costs.js';

/** What {@link thresholdForBudget} takes. */
export interface ThresholdForBudgetOptions {
  /**
   * `[b · G + g]`: on minus off of the gate logits of image b, for each of the network's G gates, one block after the
   * other as in `costs.subBlockCosts`. Log-odds, since probabilities near 0 and 1 cannot be told apart.
   */
  readonly logOdds: ArrayLike<number>;
  readonly costs: GateCosts;
  /** Mean cost of an image that is not to be exceeded, in the unit of `costs`. */
  readonly budget: number;
}

/** Which gates open, and what that costs. */
export interface ThresholdChoice {
  /** Opens gates whose probability is at least this: for `thresholded` of `@dmnn/gating`. 0 opens all, 1 none. */
  readonly threshold: number;
  /** Mean cost of these images at that threshold, if none of their log-odds depended on other gates. */
  readonly meanCost: number;
}

/**
 * The threshold on the gates' probabilities under which these images cost, on average, as much of a budget as possible
 * and not more.
 *
 * Exact for the log-odds given. In a network whose later controllers see what earlier gates let through, another
 * threshold gives other log-odds: evaluate, and ask again with those (`findThresholds` of `@dmnn/trainer` does).
 * Gates of equal log-odds open together, so a budget can be missed by what they cost.
 *
 * @throws DmnnError `DMNN_BUDGET` if the budget is below `costs.alwaysCost`, so that not even closed gates keep to it
 * @throws RangeError if log-odds are none, not a whole number of images' or not finite, or the budget is NaN
 * @example
 * ```ts
 * import { thresholdForBudget } from '@dmnn/flops';
 *
 * const costs = { alwaysCost: 10, subBlockCosts: [[4, 4]] };
 * const logOdds = [2, -1, 3, 0]; // two images, two gates: p(on) = 0.88, 0.27; 0.95, 0.5
 * const { threshold, meanCost } = thresholdForBudget({ logOdds, costs, budget: 14.5 });
 * console.log(threshold.toFixed(2), meanCost); // => 0.73 14
 * ```
 */
export function thresholdForBudget(options: ThresholdForBudgetOptions): ThresholdChoice {
  const { logOdds, costs, budget } = options;
  const gateCosts = costs.subBlockCosts.flat();
  const images = assertLogOdds(logOdds, gateCosts.length);
  if (Number.isNaN(budget)) throw new RangeError('budget: expected a number, got NaN');
  if (budget < costs.alwaysCost) throw budgetError(budget, costs.alwaysCost, highestCost(costs));

  const likeliestFirst = Uint32Array.from({ length: logOdds.length }, (_, i) => i).sort(
    (a, b) => (logOdds[b] as number) - (logOdds[a] as number),
  );
  const affordable = (budget - costs.alwaysCost) * images;
  let spent = 0;
  let open = 0;
  while (open < likeliestFirst.length) {
    const end = endOfEquals(logOdds, likeliestFirst, open);
    let more = 0;
    for (let i = open; i < end; i++)
      more += gateCosts[(likeliestFirst[i] as number) % gateCosts.length] as number;
    // sums of many costs may round: a budget that is exactly a network's cost must reach it
    if (spent + more > affordable + 1e-12 * Math.abs(affordable)) break;
    spent += more;
    open = end;
  }
  const at = (i: number): number => logOdds[likeliestFirst[i] as number] as number;
  const meanCost = costs.alwaysCost + spent / images;
  if (open === likeliestFirst.length) return { threshold: 0, meanCost };
  if (open === 0) return { threshold: 1, meanCost };
  return { threshold: logistic((at(open - 1) + at(open)) / 2), meanCost };
}

/** Where the gates end that have the same log-odds as the one at `start`. */
function endOfEquals(logOdds: ArrayLike<number>, order: Uint32Array, start: number): number {
  let end = start + 1;
  while (end < order.length && logOdds[order[end] as number] === logOdds[order[start] as number]) end++;
  return end;
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** @returns the number of images */
function assertLogOdds(logOdds: ArrayLike<number>, gates: number): number {
  if (gates === 0) throw new RangeError('costs: expected at least one sub-block, got none');
  const images = logOdds.length / gates;
  if (images < 1 || !Number.isInteger(images)) {
    throw new RangeError(
      `logOdds: expected ${gates} numbers for each of at least one image, one for each sub-block of costs, got ${logOdds.length}`,
    );
  }
  for (let i = 0; i < logOdds.length; i++) {
    if (Number.isFinite(logOdds[i])) continue;
    throw new RangeError(
      `logOdds: expected finite numbers, got ${logOdds[i]} for image ${Math.floor(i / gates)}, gate ${i % gates}`,
    );
  }
  return images;
}
