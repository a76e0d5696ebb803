import { assertList, assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { lossError } from './loss-error.js';

/**
 * Weighted sum of the blocks' category losses.
 *
 * Only the given blocks count: omit blocks without a head.
 *
 * @param perBlock - {@link categoryLoss} of each block that has a head.
 * @param weights - one finite number ≥ 0 per block, see {@link stageWeights}.
 * @returns a scalar. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if there is no block, or the lengths differ. RangeError for a weight that is not finite
 *   and ≥ 0.
 * @see DMNN §3.2 Eq. 10.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { categoryLoss, stageWeights, weightedCategoryLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const heads = [tf.tensor2d([[0, 0]]), tf.tensor2d([[0, 3]])]; // two blocks, one image, two categories
 * const perBlock = heads.map((logits) => categoryLoss(logits, [1]));
 * const loss = weightedCategoryLoss(perBlock, stageWeights([2, 3])); // 0.01 · 0.6931 + 0.1 · 0.0486
 * console.log(loss.dataSync()[0]?.toFixed(4)); // => 0.0118
 * ```
 */
export function weightedCategoryLoss(perBlock: readonly tf.Scalar[], weights: readonly number[]): tf.Scalar {
  assertList('perBlock', perBlock, 'a scalar tensor for each block');
  assertList('weights', weights, 'a number for each block');
  perBlock.forEach((each, i) => {
    assertTensor(`perBlock[${i}]`, each, 'a scalar tensor');
  });
  if (perBlock.length === 0 || perBlock.length !== weights.length) {
    throw lossError(
      'weights',
      'at least one block, and one weight for each',
      `${perBlock.length} blocks and ${weights.length} weights`,
      'Pass the weights of exactly the blocks that have a category head.',
    );
  }
  weights.forEach((weight, i) => {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(`weights[${i}]: expected a finite number >= 0, got ${weight}`);
    }
  });
  return tf.tidy(() => tf.sum<tf.Scalar>(tf.mul(tf.stack([...perBlock]), tf.tensor1d([...weights]))));
}
