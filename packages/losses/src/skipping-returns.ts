import { assertRecord } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { type Labels, imageCrossEntropies } from './cross-entropy.js';
import { assertGates } from './gates.js';

/** Options of {@link skippingReturns}. */
export interface SkippingReturnsOptions {
  /** α: what an image earns if every gate is closed; SkipNet takes 0.1. */
  readonly costReward: number;
  /** γ in [0, 1]: what a reward is worth one gate earlier. @defaultValue 1, as in SkipNet */
  readonly discount?: number | undefined;
}

/**
 * SkipNet's reward of each gate with all that comes after it: R_k = r_k + γ · R_{k+1}, where a closed gate earns
 * r_k = α / K, an open one nothing, and the end −(cross entropy of the image).
 *
 * @param gates - `[B, N]` of {0, 1} of each gated block; K = Σ N
 * @param logits - `[B, classes]` that the network gave under these gates
 * @param labels - B integers in 0 … classes − 1
 * @returns `[B, K]`, block after block, for `reinforceLoss`. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if there is no block, or shapes do not fit; RangeError if an option is out of its range
 * @see Wang et al. 2018, SkipNet (arXiv 1711.09485), §3.3; `train_rl.py` of the authors' code: "collect cumulative future
 *   rewards"
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { skippingReturns } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const gates = [tf.tensor2d([[0]]), tf.tensor2d([[1]])]; // closed, open
 * const sure = tf.tensor2d([[50, 0]]); // cross entropy 0
 * console.log(skippingReturns(gates, sure, [0], { costReward: 0.5 }).dataSync().join()); // => 0.25,0
 * ```
 */
export function skippingReturns(
  gates: readonly tf.Tensor2D[],
  logits: tf.Tensor2D,
  labels: Labels,
  options: SkippingReturnsOptions,
): tf.Tensor2D {
  assertGates(gates);
  assertRecord('options', options, 'an object with costReward');
  const { costReward, discount = 1 } = options;
  if (!(costReward >= 0 && costReward < Infinity))
    throw new RangeError(`costReward: expected a finite number >= 0, got ${costReward}; 0.1 is usual`);
  if (!(discount >= 0 && discount <= 1))
    throw new RangeError(`discount: expected a number in [0, 1], got ${discount}; 1 is usual`);
  return tf.tidy(() => {
    const open = tf.concat2d([...gates], 1);
    const [, count] = open.shape;
    const losses = imageCrossEntropies(logits, labels);
    // [j, k]: what r_j is worth at gate k
    const worth = (j: number, k: number): number => (j < k ? 0 : discount ** (j - k));
    const each = Array.from({ length: count }, (_, k) => k);
    const later = tf.tensor2d(each.map((j) => each.map((k) => worth(j, k) * (costReward / count))));
    const end = tf.tensor2d([each.map((k) => worth(count, k))]);
    return tf.sub<tf.Tensor2D>(
      tf.matMul(tf.sub<tf.Tensor2D>(1, open), later),
      tf.matMul(tf.reshape(losses, [-1, 1]), end),
    );
  });
}
