import { type GateCosts, thresholdForBudget } from '@dmnn/flops';
import { type GatePass, logOddsOfProbability, probability } from './gate-pass.js';

/** A pass, and what an image of it cost on average. */
export type CostedPass = GatePass & { readonly meanCost: number };

/** The passes whose thresholds bracket the budget: one above it and one within it; undefined where there is none yet. */
interface Bracket {
  readonly expensive: CostedPass | undefined;
  readonly cheap: CostedPass | undefined;
}

/**
 * How the next threshold is found: from the log-odds of the nearest pass, which is exact if no gate depends on another
 * and converges slowly if gates that open make up for those that close; by linear interpolation between the passes on
 * either side of the budget; otherwise at the midpoint, which guarantees convergence.
 */
export type Proposal = 'log-odds' | 'line' | 'middle';

/** The most expensive pass that is within the budget; undefined if there is none. */
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
 * @param proposal - the rule to try first; the midpoint if its threshold is outside the bracket
 * @returns undefined if no number lies between the thresholds that were evaluated
 */
export function nextLogOdds(
  budget: number,
  costs: GateCosts,
  passes: readonly CostedPass[],
  proposal: Proposal,
): number | undefined {
  const nearest = largest(passes, ({ meanCost }) => -Math.abs(meanCost - budget));
  if (!nearest) return 0; // as `likeliest`
  const bracket = bracketOf(budget, passes);
  const proposed = {
    'log-odds': () => byLogOdds(budget, costs, nearest),
    line: () => onLine(budget, bracket),
    middle: () => undefined,
  }[proposal]();
  if (proposed !== undefined && isBetween(proposed, bracket)) return proposed;
  const middle = middleOf(bracket, passes);
  return isBetween(middle, bracket) ? middle : undefined;
}

function byLogOdds(budget: number, costs: GateCosts, { logOdds }: CostedPass): number {
  return logOddsOfProbability(thresholdForBudget({ logOdds, costs, budget }).threshold);
}

/** Where the cost would be the budget if it fell evenly between the two passes. */
function onLine(budget: number, { expensive, cheap }: Bracket): number | undefined {
  if (!expensive || !cheap) return undefined;
  const share = (expensive.meanCost - budget) / (expensive.meanCost - cheap.meanCost);
  return expensive.leastLogOdds + share * (cheap.leastLogOdds - expensive.leastLogOdds);
}

/** The best threshold that keeps to the budget, and the nearest lower one that does not. All closed does, all open not. */
function bracketOf(budget: number, passes: readonly CostedPass[]): Bracket {
  const cheap = closestBelow(budget, passes);
  const below = cheap?.leastLogOdds ?? Infinity;
  const tooExpensive = passes.filter(
    ({ meanCost, leastLogOdds }) => meanCost > budget && leastLogOdds < below,
  );
  return { expensive: largest(tooExpensive, ({ leastLogOdds }) => leastLogOdds), cheap };
}

function isBetween(logOdds: number, { expensive, cheap }: Bracket): boolean {
  // as the probability that `thresholded` will be given, which is the coarser number
  const at = probability(logOdds);
  return (
    at > probability(expensive?.leastLogOdds ?? -Infinity) &&
    at < probability(cheap?.leastLogOdds ?? Infinity)
  );
}

/** Where one side is all open or all closed, as far as the log-odds of any pass reach. */
function middleOf({ expensive, cheap }: Bracket, passes: readonly CostedPass[]): number {
  let [least, most] = [Infinity, -Infinity];
  for (const { logOdds } of passes) {
    for (const each of logOdds) {
      least = Math.min(least, each);
      most = Math.max(most, each);
    }
  }
  const [from, to] = [expensive?.leastLogOdds ?? -Infinity, cheap?.leastLogOdds ?? Infinity];
  return (Math.max(from, least - 1) + Math.min(to, most + 1)) / 2;
}

/** The first of those whose key is the largest. */
function largest<Item>(items: readonly Item[], key: (item: Item) => number): Item | undefined {
  let best: Item | undefined;
  for (const item of items) if (best === undefined || key(item) > key(best)) best = item;
  return best;
}
