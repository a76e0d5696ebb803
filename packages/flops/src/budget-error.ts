import { DmnnError } from '@dmnn/foundation';

/**
 * No threshold meets the budget: even with all gates closed, an image costs more.
 *
 * @param budget - the requested mean cost
 * @param lowestCost - mean cost with all gates closed, in the same unit
 * @param highestCost - mean cost with every gate open
 */
export function budgetError(budget: number, lowestCost: number, highestCost: number): DmnnError {
  return new DmnnError(
    'DMNN_BUDGET',
    `budget: expected a mean cost of at least ${lowestCost} (all gates closed; ${highestCost} with all open), got ${budget}. Choose a larger budget, or train a network with more sub-blocks for a lower target rate.`,
    { details: { budget, lowestCost, highestCost } },
  );
}
