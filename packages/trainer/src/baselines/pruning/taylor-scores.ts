import type { Batch } from '@dmnn/data';
import { likeliest } from '@dmnn/gating';
import { classificationLoss } from '@dmnn/losses';
import type { Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { trainingError } from '../../training-error.js';
import { type ChannelGroup, channelGroups } from './channel-groups.js';

/**
 * How much the loss is expected to change without a channel.
 *
 * - `activation`: the mean over images of |Σ activation · gradient| over the channel's pixels, each layer's scores divided
 *   by their Euclidean norm (Molchanov et al. 2016, arXiv 1611.06440, Eq. 8 and §2.3);
 * - `gate`: the mean over batches of the square of the gradient of a gate of 1 on the channel, layers compared as they
 *   are (Molchanov et al. 2019, arXiv 1906.10771, Eq. 8).
 */
export type TaylorCriterion = 'activation' | 'gate';

/**
 * Taylor scores of all channels that can be removed.
 *
 * A batch norm's output is z = γ·x̂ + β, so what both criteria add up, Σ z · ∂loss/∂z over a channel, is
 * γ · ∂loss/∂γ + β · ∂loss/∂β: no activation has to be kept. Behind a ReLU it is the same number, since where the ReLU
 * closes both activation and gradient are zero; behind a ReLU6 it is that of the value before it.
 *
 * `activation` runs images one by one with moving statistics, since the mean is of absolute values; `gate` runs batches
 * as in training, and moves the moving statistics.
 *
 * @param signal - stops between two of them
 * @returns `[channel]` by the path of the convolution that makes them, in the order of {@link channelGroups}
 * @throws the signal's reason, if it aborts
 * @throws RangeError if there is no channel that can be removed, none of the batches has images, or a convolution that
 *   makes them has no batch norm
 * @throws DmnnError `DMNN_NAN` if a gradient is not finite
 */
export async function taylorScores(
  network: Network,
  batches: AsyncIterable<Batch> | Iterable<Batch>,
  criterion: TaylorCriterion,
  signal?: AbortSignal,
): Promise<Map<string, Float64Array>> {
  const groups = scoredGroups(network);
  const sums = new Map(groups.map(({ path, channels }) => [path, new Float64Array(channels)]));
  let count = 0;
  for await (const batch of batches) {
    for (const part of criterion === 'activation' ? singleImages(batch) : [batch]) {
      await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
      signal?.throwIfAborted();
      const changes = lossChanges(network, groups, part, criterion === 'activation' ? 'moving' : 'batch');
      const numbers = await changes.data();
      changes.dispose();
      addUp(sums, numbers, criterion);
      count++;
    }
  }
  if (count === 0) throw new RangeError('batches: expected at least one image, got none.');
  for (const scores of sums.values()) {
    const divisor = criterion === 'activation' ? Math.hypot(...scores) || 1 : count;
    scores.forEach((score, channel) => (scores[channel] = score / divisor));
  }
  return sums;
}

/** Where a group is scored: what its consumer takes. */
function scoredUnit({ path, depthwise }: ChannelGroup): string {
  return depthwise.at(-1) ?? path;
}

function scoredGroups(network: Network): ChannelGroup[] {
  const groups = channelGroups(network.architecture);
  const { name } = network.architecture;
  if (groups.length === 0) {
    throw new RangeError(
      `network: expected channels inside blocks that can be removed, got ${name}, which has none.`,
    );
  }
  const bare = groups.find((group) => !network.variables.has(`${scoredUnit(group)}.gamma`));
  if (bare)
    throw new RangeError(`network: expected a batch norm in ${scoredUnit(bare)} of ${name}, got none.`);
  return groups;
}

/** γ · ∂loss/∂γ + β · ∂loss/∂β of all channels, group after group. */
function lossChanges(
  network: Network,
  groups: readonly ChannelGroup[],
  batch: Batch,
  statistics: 'batch' | 'moving',
): tf.Tensor1D {
  const variable = (group: ChannelGroup, name: string): tf.Variable =>
    network.variables.get(`${scoredUnit(group)}.${name}`) as tf.Variable;
  const norms = groups.flatMap((group) => [variable(group, 'gamma'), variable(group, 'beta')]);
  return tf.tidy(() => {
    const images = tf.tensor4d(batch.images, batch.shape);
    const { grads } = tf.variableGrads(() => {
      const { sampleKeys } = batch;
      const pass = network.forward(images, {
        policy: likeliest,
        statistics,
        execution: 'masked',
        sampleKeys,
      });
      return classificationLoss(pass.logits, batch.labels);
    }, norms);
    const change = (one: tf.Variable): tf.Tensor => tf.mul(one, grads[one.name] as tf.Tensor);
    return tf.concat1d(
      groups.map((group) =>
        tf.add<tf.Tensor1D>(change(variable(group, 'gamma')), change(variable(group, 'beta'))),
      ),
    );
  });
}

function addUp(
  sums: ReadonlyMap<string, Float64Array>,
  changes: ArrayLike<number>,
  criterion: TaylorCriterion,
): void {
  let at = 0;
  for (const scores of sums.values()) {
    for (const channel of scores.keys()) {
      const change = changes[at++] as number;
      if (!Number.isFinite(change))
        throw trainingError({ step: 0, epoch: 0, term: 'gradient' }, 'Nothing is scored.');
      scores[channel] =
        (scores[channel] as number) + (criterion === 'activation' ? Math.abs(change) : change ** 2);
    }
  }
}

function* singleImages(batch: Batch): Generator<Batch> {
  const { images, shape, labels, categories, sampleKeys } = batch;
  const [count, height, width, channels] = shape;
  const pixels = height * width * channels;
  for (let i = 0; i < count; i++) {
    yield {
      ...batch,
      images: images.subarray(i * pixels, (i + 1) * pixels),
      shape: [1, height, width, channels],
      labels: labels.subarray(i, i + 1),
      categories: categories.subarray(i, i + 1),
      sampleKeys: sampleKeys.slice(i, i + 1),
    };
  }
}
