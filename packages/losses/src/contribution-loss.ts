import { assertList, assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertLogitsOf } from './gates.js';
import { lossError } from './loss-error.js';

/**
 * Mean squared difference between what gates say and what their sub-blocks contribute: over images and all sub-blocks,
 * (on − off − score)². Gates learn by regression of a measured quantity, not by the gradient of the classes through a decision,
 * so they neither collapse nor become constant unless the contributions are.
 *
 * A gate's log-odds are then its predicted score, and one threshold on them opens what contributes most for its cost.
 *
 * @param gateLogits - `[l]`: `[B, N, 2]`, (off, on), of one forward pass.
 * @param scores - `[l]`: `[B, N]`, see {@link contributionScores}; they receive no gradient.
 * @returns a scalar ≥ 0, not weighted, differentiable with respect to `gateLogits`. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if there are no logits, or not one score for each image and sub-block.
 * @see Szatkowski et al. 2024, Exploiting Activation Sparsity with Dense to Dynamic-k Mixture-of-Experts Conversion (arXiv
 *   2310.04361), with sub-blocks in place of experts
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { contributionLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const logits = tf.tensor3d([[[0, 1], [0.5, 0]]]); // one image: on − off are 1 and −0.5
 * const loss = contributionLoss([logits], [tf.tensor2d([[3, -0.5]])]); // (2² + 0²) / 2
 * console.log(loss.dataSync()[0]); // => 2
 * ```
 */
export function contributionLoss(
  gateLogits: readonly tf.Tensor3D[],
  scores: readonly tf.Tensor2D[],
): tf.Scalar {
  const images = assertLogitsOf(gateLogits);
  assertList('scores', scores, 'one [B, N] tensor for each gated block');
  for (const [l, logits] of gateLogits.entries()) {
    const score = scores[l] as tf.Tensor2D;
    assertTensor(`scores[${l}]`, score, 'a tensor [B, N]');
    if (score.shape.join() === logits.shape.slice(0, 2).join()) continue;
    throw lossError(
      `scores[${l}]`,
      `[${logits.shape.slice(0, 2).join(', ')}], as the logits of block ${l}`,
      `[${score.shape.join(', ')}]`,
      'Use the scores of the same images and network.',
    );
  }
  return tf.tidy(() => {
    const wanted = tf.concat<tf.Tensor2D>([...scores], 1);
    const differences = tf.customGrad((pairs) => ({
      value: tf.sub(logOdds(pairs as tf.Tensor3D), wanted),
      // on − off; scores are constants
      gradFunc: (upstream: tf.Tensor) => tf.stack([tf.neg(upstream), upstream], 2),
    }));
    const all = tf.concat<tf.Tensor3D>([...gateLogits], 1);
    const count = images * all.shape[1];
    return tf.div<tf.Scalar>(tf.sum(tf.square(differences(all))), count);
  });
}

/** `[B, N, 2]` → `[B, N]`: on − off. */
function logOdds(pairs: tf.Tensor3D): tf.Tensor2D {
  const [images, subBlocks] = pairs.shape;
  const at = (which: 0 | 1): tf.Tensor2D =>
    tf.reshape<tf.Rank.R2>(tf.slice(pairs, [0, 0, which], [images, subBlocks, 1]), [images, subBlocks]);
  return tf.sub(at(1), at(0));
}
