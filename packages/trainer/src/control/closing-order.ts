import type { Dataset } from '@dmnn/data';
import { type GateCosts, highestCost } from '@dmnn/flops';
import { type ControlRuns, evaluateUnder } from './pattern-evaluation.js';

/** What {@link closingOrder} takes. */
export interface ClosingOptions extends ControlRuns {
  /** Images whose loss decides. */
  readonly dataset: Dataset;
  readonly costs: GateCosts;
  /** Closes until a pattern costs no more. */
  readonly downTo: number;
  /** Called after each sub-block that was closed, with the loss. */
  readonly onClosed?: ((closed: number, loss: number) => void) | undefined;
}

/**
 * Greedy closing: from all sub-blocks open, closes the one without which the loss is lowest, and again.
 *
 * @returns `[l][n]`: scores for `patternsNear`. What was closed later opens earlier; what was not closed opens first
 * @throws as `evaluate`
 */
export async function closingOrder(options: ClosingOptions): Promise<number[][]> {
  const { costs, downTo, dataset } = options;
  const open = costs.subBlockCosts.map((row) => row.map(() => true));
  const scores = open.map((row) => row.map(() => Infinity));
  let cost = highestCost(costs);
  for (let closed = 0; cost > downTo && open.flat().includes(true); closed++) {
    let best: { readonly l: number; readonly n: number; readonly loss: number } | undefined;
    for (const [l, row] of open.entries()) {
      for (const [n, isOpen] of row.entries()) {
        if (!isOpen) continue;
        const without = open.map((each, at) => (at === l ? each.map((gate, k) => gate && k !== n) : each));
        const { error } = await evaluateUnder(without, dataset, options);
        if (!best || error.classificationLoss < best.loss) best = { l, n, loss: error.classificationLoss };
      }
    }
    if (!best) break;
    (open[best.l] as boolean[])[best.n] = false;
    (scores[best.l] as number[])[best.n] = closed;
    cost -= costs.subBlockCosts[best.l]?.[best.n] as number;
    options.onClosed?.(closed + 1, best.loss);
  }
  return scores;
}
