import { assertList, assertRecord, kindOf } from '@dmnn/foundation';
import { budgetError } from './budget-error.js';
import { type GateCosts, assertCosts, highestCost } from './gate-costs.js';

/** Options of {@link thresholdForBudget}. */
export interface ThresholdForBudgetOptions {
  /**
   * `[b · G + g]`: on minus off of the gate logits of image b, for each of the network's G gates, in the order of
   * `costs.subBlockCosts`. Log-odds rather than probabilities, because probabilities near 0 and 1 round to the same
   * number.
   */
  readonly logOdds: ArrayLike<number>;
  readonly costs: GateCosts;
  /** Highest mean cost of an image, in the unit of `costs`. */
  readonly budget: number;
}

/** A threshold and its cost. */
export interface ThresholdChoice {
  /** Gates open if their probability is at least this; for `thresholded` of `@dmnn/gating`. 0 opens all, 1 none. */
  readonly threshold: number;
  /** Mean cost of these images at that threshold, assuming that log-odds do not depend on other gates. */
  readonly meanCost: number;
}

/**
 * Finds the threshold on the gates' probabilities with which the mean cost of these images is as high as possible
 * without exceeding a budget.
 *
 * The result is exact for the given log-odds. In a network whose later controllers depend on earlier gates, another
 * threshold gives other log-odds: evaluate with the threshold and call this again (`findThresholds` of
 * `@dmnn/trainer` does that). Gates with equal log-odds open together, so up to their cost of the budget can remain
 * unused.
 *
 * @throws DmnnError `DMNN_BUDGET` if the budget is below `costs.alwaysCost`, so that it is exceeded even with all
 * gates closed
 * @throws RangeError if `logOdds` is empty, incomplete for an image or not finite, or the budget is NaN
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
  assertRecord('options', options, 'an object with logOdds, costs and budget');
  const { logOdds, costs, budget } = options;
  assertCosts(costs);
  assertList('logOdds', logOdds, 'a list of numbers');
  const gateCosts = costs.subBlockCosts.flat();
  const images = assertLogOdds(logOdds, gateCosts.length);
  if (typeof budget !== 'number' || Number.isNaN(budget))
    throw new RangeError(`budget: expected a number, got ${kindOf(budget)}`);
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
    // sums of many costs may round: a budget equal to a network's cost must still allow it
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

/** End of the range of gates with the same log-odds as the one at `start`. */
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
