import { assertLists, assertRecord, assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertGates } from './gates.js';
import { lossError } from './loss-error.js';

/** How contributions become scores. */
export interface ContributionScale {
  /** `[l][n]`: what sub-block n of block l costs, > 0, in any unit: {@link contributionScores} compares contributions per unit. */
  readonly costs: readonly (readonly number[])[];
  /** The least contribution, > 0: all below count as that, since the logarithm of nearly nothing would rule the rest. */
  readonly floor: number;
  /** Subtracted from all: the score at which a gate opens at log-odds 0. */
  readonly offset: number;
}

/**
 * What each sub-block contributes for its cost, as the log-odds that its gate should have: log(max(contribution, floor) / cost) −
 * offset.
 *
 * Opening by a threshold on it is opening by contribution over cost, the greedy rule for a knapsack; one threshold for all sub-blocks
 * sets the mean cost.
 *
 * @param contributions - `[l]`: `[B, N]`, ≥ 0: the norms ‖F_n(x)‖₂ of a forward pass, or |∂loss / ∂gate| at open gates.
 * @returns `[l]`: `[B, N]`, in nats. The caller disposes them.
 * @throws DmnnError `DMNN_LOSS` if contributions are not `[B, N]` of one B, or costs are not one > 0 for each sub-block. RangeError
 *   unless `floor` > 0 and `offset` is finite.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { contributionScores } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * // the second contributes twice as much, for four times the cost
 * const [scores] = contributionScores([tf.tensor2d([[1, 2]])], { costs: [[10, 40]], floor: 0.01, offset: 0 });
 * console.log([...scores!.dataSync()].map((score) => score.toFixed(2)).join()); // => -2.30,-3.00
 * ```
 */
export function contributionScores(
  contributions: readonly tf.Tensor2D[],
  scale: ContributionScale,
): tf.Tensor2D[] {
  assertGates(contributions, 'contributions');
  assertRecord('scale', scale, 'an object with costs, floor and offset');
  const { costs, floor, offset } = scale;
  assertLists('costs', costs, 'costs of each gated block');
  if (!(floor > 0 && floor < Infinity))
    throw new RangeError(`floor: expected a finite number > 0, got ${floor}`);
  if (!Number.isFinite(offset)) throw new RangeError(`offset: expected a finite number, got ${offset}`);
  const fits =
    costs.length === contributions.length &&
    contributions.every(({ shape }, l) => costs[l]?.length === shape[1]);
  if (!fits || !costs.flat().every((cost) => cost > 0 && cost < Infinity)) {
    throw lossError(
      'costs',
      `a finite cost > 0 for each sub-block of ${contributions.map(({ shape }) => shape[1]).join(', ')}`,
      JSON.stringify(costs),
      'Pass subBlockMacs of a cost table of this network.',
    );
  }
  return contributions.map((each, l) => {
    assertTensor(`contributions[${l}]`, each, 'a tensor [B, N]');
    return tf.tidy(() => {
      const least = tf.maximum<tf.Tensor2D>(each, floor);
      const logCosts = tf.tensor1d((costs[l] as readonly number[]).map((cost) => Math.log(cost) + offset));
      return tf.sub<tf.Tensor2D>(tf.log(least), logCosts);
    });
  });
}
