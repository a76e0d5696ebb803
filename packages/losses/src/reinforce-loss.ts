import { assertList, assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertGates } from './gates.js';
import { lossError } from './loss-error.js';

/**
 * The loss whose gradient is REINFORCE's estimate for gates that were drawn: −Σ_k R_k · log π(a_k), averaged over the
 * batch, where π is softmax(logits), a_k whether gate k was drawn open, and R_k what that led to.
 *
 * Its expectation over draws has the gradient of minus the expected reward, if R_k is the reward, or its part from gate k
 * on, less anything that does not depend on a_k. Its value means nothing: it falls when likely gates are rewarded.
 *
 * @param gateLogits - `[B, N, 2]` (image, sub-block, (off, on)) of each gated block
 * @param gates - `[B, N]` of {0, 1} of each, drawn from these logits; receive no gradient
 * @param rewards - `[B, K]`: R of each gate, block after block, K = Σ N; receive no gradient
 * @returns a scalar, differentiable with respect to the logits. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if there is no block, or shapes do not fit
 * @see Williams 1992, Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning, §4
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { reinforceLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const open = tf.tensor2d([[1]]); // one image, one gate of probability 1/2
 * const loss = reinforceLoss([tf.zeros([1, 1, 2])], [open], tf.tensor2d([[3]]));
 * console.log(loss.dataSync()[0]?.toFixed(4)); // => 2.0794
 * ```
 */
export function reinforceLoss(
  gateLogits: readonly tf.Tensor3D[],
  gates: readonly tf.Tensor2D[],
  rewards: tf.Tensor2D,
): tf.Scalar {
  assertGates(gates);
  assertList('gateLogits', gateLogits, 'one [B, N, 2] tensor for each gated block');
  assertTensor('rewards', rewards, 'a tensor [B, K]');
  assertShapes(gateLogits, gates, rewards);
  return tf.tidy(() => {
    let first = 0;
    const losses = gates.map((drawn, l) => {
      const [images, count] = drawn.shape;
      const own = tf.slice(rewards, [0, first], [images, count]);
      first += count;
      return blockLoss(gateLogits[l] as tf.Tensor3D, drawn, own);
    });
    return tf.addN<tf.Scalar>(losses);
  });
}

/** Of one block: d/d(on − off) of −R · log π(a) is −R · (a − p). */
function blockLoss(gateLogits: tf.Tensor3D, drawn: tf.Tensor2D, rewards: tf.Tensor2D): tf.Scalar {
  const [images] = drawn.shape;
  const loss = tf.customGrad((x, save) => {
    const [off, on] = tf.unstack(x as tf.Tensor3D, 2) as [tf.Tensor2D, tf.Tensor2D];
    const logOdds = tf.sub<tf.Tensor2D>(on, off);
    const logNormaliser = tf.add(tf.relu(logOdds), tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(logOdds))))));
    const logLikelihood = tf.sub(tf.mul(drawn, logOdds), logNormaliser);
    const slope = tf.mul(tf.mul(rewards, tf.sub(drawn, tf.sigmoid(logOdds))), -1 / images);
    (save as tf.GradSaveFunc)([tf.stack([tf.neg(slope), slope], 2)]);
    return {
      value: tf.div<tf.Scalar>(tf.neg(tf.sum(tf.mul(rewards, logLikelihood))), images),
      gradFunc: (upstream: tf.Scalar, [saved]: tf.Tensor[]) => tf.mul(upstream, saved as tf.Tensor),
    };
  });
  return loss(gateLogits);
}

function assertShapes(
  gateLogits: readonly tf.Tensor3D[],
  gates: readonly tf.Tensor2D[],
  rewards: tf.Tensor2D,
): void {
  const wanted = gates.map(({ shape }) => `[${shape.join(', ')}, 2]`).join(' ');
  const got = gateLogits.map(({ shape }) => `[${shape.join(', ')}]`).join(' ');
  if (wanted !== got)
    throw lossError('gateLogits', `${wanted}, as the gates`, got, 'Pass both of one forward pass.');
  const shape = [gates[0]?.shape[0], gates.reduce((sum, each) => sum + each.shape[1], 0)].join(', ');
  if (rewards.shape.join(', ') === shape) return;
  throw lossError(
    'rewards',
    `[${shape}], one for each gate of each image`,
    `[${rewards.shape.join(', ')}]`,
    'See skippingReturns.',
  );
}
