/** A mean cost that no threshold reaches: even with every gate closed, an image costs more. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError';
  readonly code = 'DMNN_BUDGET';
  /** The mean cost that was asked for. */
  readonly budget: number;
  /** Mean cost with every gate closed, in the same unit. */
  readonly lowestCost: number;
  /** Mean cost with every gate open. */
  readonly highestCost: number;

  constructor(budget: number, lowestCost: number, highestCost: number) {
    super(
      `budget: expected a mean cost of at least ${lowestCost} (all gates closed; all open it is ${highestCost}), got ${budget}. Choose a larger budget, or train for a lower target rate a network that is divided further.`,
    );
    this.budget = budget;
    this.lowestCost = lowestCost;
    this.highestCost = highestCost;
  }
}
