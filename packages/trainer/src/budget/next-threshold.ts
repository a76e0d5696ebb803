import { type GateCosts, thresholdForBudget } from '@dmnn/flops';
import { type GatePass, logOddsOfProbability, probability } from './gate-pass.js';

/** A pass, and what an image of it cost on average. */
export type CostedPass = GatePass & { readonly meanCost: number };

/** Thresholds between which to look, as log-odds: one that opens too much, and one that does not. */
interface Bracket {
  readonly dear: number;
  readonly cheap: number;
}

/** Of the passes that keep to a budget the dearest. */
export function closestBelow(budget: number, passes: readonly CostedPass[]): CostedPass | undefined {
  return largest(
    passes.filter(({ meanCost }) => meanCost <= budget),
    ({ meanCost }) => meanCost,
  );
}

/**
 * The threshold to evaluate next, as log-odds.
 *
 * @param passes - all so far
 * @param inTheMiddle - of the nearest thresholds on either side of the budget, instead of where the log-odds of the
 * nearest pass propose: proposals may creep, halves do not
 * @returns undefined if no number lies between the thresholds that were evaluated
 */
export function nextLogOdds(
  budget: number,
  costs: GateCosts,
  passes: readonly CostedPass[],
  inTheMiddle: boolean,
): number | undefined {
  const nearest = largest(passes, ({ meanCost }) => -Math.abs(meanCost - budget));
  if (!nearest) return 0; // as `likeliest`
  const bracket = bracketOf(budget, passes);
  if (!inTheMiddle) {
    const { threshold } = thresholdForBudget({ logOdds: nearest.logOdds, costs, budget });
    const proposed = logOddsOfProbability(threshold);
    if (isBetween(proposed, bracket)) return proposed;
  }
  const middle = middleOf(bracket, passes);
  return isBetween(middle, bracket) ? middle : undefined;
}

/** The best threshold that keeps to the budget, and the nearest lower one that does not. All closed does, all open not. */
function bracketOf(budget: number, passes: readonly CostedPass[]): Bracket {
  const cheap = closestBelow(budget, passes)?.leastLogOdds ?? Infinity;
  const tooDear = passes.filter(({ meanCost, leastLogOdds }) => meanCost > budget && leastLogOdds < cheap);
  return { dear: Math.max(-Infinity, ...tooDear.map(({ leastLogOdds }) => leastLogOdds)), cheap };
}

function isBetween(logOdds: number, { dear, cheap }: Bracket): boolean {
  // as the probability that `thresholded` will be given, which is the coarser number
  const at = probability(logOdds);
  return at > probability(dear) && at < probability(cheap);
}

/** Where one side is all open or all closed, as far as the log-odds of any pass reach. */
function middleOf({ dear, cheap }: Bracket, passes: readonly CostedPass[]): number {
  let [least, most] = [Infinity, -Infinity];
  for (const { logOdds } of passes) {
    for (const each of logOdds) {
      least = Math.min(least, each);
      most = Math.max(most, each);
    }
  }
  return (Math.max(dear, least - 1) + Math.min(cheap, most + 1)) / 2;
}

/** The first of those whose key is the largest. */
function largest<Item>(items: readonly Item[], key: (item: Item) => number): Item | undefined {
  let best: Item | undefined;
  for (const item of items) if (best === undefined || key(item) > key(best)) best = item;
  return best;
}
