import { DmnnError } from '@dmnn/foundation';

/**
 * A mean cost that no threshold reaches: even with every gate closed, an image costs more.
 *
 * @param budget - the mean cost that was asked for
 * @param lowestCost - mean cost with every gate closed, in the same unit
 * @param highestCost - mean cost with every gate open
 */
export function budgetError(budget: number, lowestCost: number, highestCost: number): DmnnError {
  return new DmnnError(
    'DMNN_BUDGET',
    `budget: expected a mean cost of at least ${lowestCost} (all gates closed; all open it is ${highestCost}), got ${budget}. Choose a larger budget, or train for a lower target rate a network that is divided further.`,
    { details: { budget, lowestCost, highestCost } },
  );
}
