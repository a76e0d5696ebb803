import { activations, type Clip } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, numbered, recorded, releaseAfterGradient, runKernel } from './custom-operation.js';
import type { Normalisation, NormSumResult } from './norm-sum.js';

/** One term of {@link pointwiseSum}. */
export interface PointwisePath {
  /** `[B, H, W, K]`; B, H and W are those of all terms. */
  readonly x: tf.Tensor4D;
  /** `[1, 1, K, C]`. */
  readonly weight: tf.Tensor4D;
  readonly normalisation: Normalisation;
  /** The column of `gates` that multiplies it; undefined to add it as it is. */
  readonly gate?: number | undefined;
}

/** What to sum, and which results to return. */
export interface PointwiseSum {
  readonly paths: readonly PointwisePath[];
  readonly epsilon: number;
  /** `[B, N]`, if a path names a column. */
  readonly gates?: tf.Tensor2D | undefined;
  /** `[B, H, W, C]`, added to the sum. */
  readonly shortcut: tf.Tensor4D;
  /** The shortcut's own batch norm, if it has one. */
  readonly shortcutNormalisation?: Normalisation | undefined;
  readonly activation: Clip;
  /** How many times to return the result, see `normSum`. */
  readonly views: number;
  /** Whether to return the mean over height and width. */
  readonly pooled: boolean;
}

/** Whether the current backend has the kernels that {@link pointwiseSum} needs. */
export function hasPointwiseSum(): boolean {
  return hasKernel('DmnnPointwiseSum') && hasKernel('DmnnPointwiseSumGrad');
}

/**
 * activation(batchNorm(shortcut) + Σ_p gates[:, g_p] · batchNorm_p(x_p W_p)): the last 1×1 convolutions of a block's
 * sub-blocks and all that follows them, as one operation with one gradient. No x_p W_p is ever stored: its mean and
 * variance follow from the mean and the covariance of x_p, which has far fewer channels, so that batch norm becomes a
 * factor of W_p's columns and a constant.
 *
 * Runs the kernels `DmnnPointwiseSum` and `DmnnPointwiseSumGrad`, which a backend must have (see
 * {@link hasPointwiseSum}). Keeps the x_p, the shortcut if it has a batch norm, and the result if there is an
 * activation, and frees them with the upstream gradients as soon as its own gradient is computed.
 *
 * Inputs of `DmnnPointwiseSum`: x0 …, weight0 …, scale0 …, offset0 … (those of the shortcut last, if it has them),
 * gates where given, shortcut. Outputs: y, mean0 …, variance0 …, hiddenMean0 … `[K]`, spread0 … `[K, C]` (the covariance of
 * x_p times W_p), pooled if requested. Inputs of `DmnnPointwiseSumGrad`: dy0 …, dpooled and y where present, x0 …, weight0 …,
 * scale0 …, offset0 …, mean0 …, variance0 …, hiddenMean0 …, spread0 …, gates, and shortcut if it has a batch norm;
 * outputs: the gradients of the inputs, in their order.
 *
 * @returns views of one part each; the caller disposes all tensors
 * @see DMNN §3.2 Eq. 4; Ioffe and Szegedy 2015 for the gradient of batch norm
 */
export function pointwiseSum(settings: PointwiseSum): NormSumResult {
  const { paths, epsilon, gates, shortcut, shortcutNormalisation, activation, views, pooled } = settings;
  const bounds = activations[activation].range;
  const normalisations = [
    ...paths.map(({ normalisation }) => normalisation),
    ...(shortcutNormalisation ? [shortcutNormalisation] : []),
  ];
  const norms = normalisations.length;
  const attributes: tf.NamedAttrMap = {
    paths: paths.length,
    shortcutNormalised: shortcutNormalisation !== undefined,
    bounds: [...bounds],
    epsilon,
    gateColumns: paths.map(({ gate }) => gate ?? -1),
  };
  const xs = paths.map(({ x }) => x);
  const weights = paths.map(({ weight }) => weight);
  const scales = normalisations.map(({ scale }) => scale);
  const offsets = normalisations.map(({ offset }) => offset);
  const inputs = {
    ...numbered('x', xs),
    ...numbered('weight', weights),
    ...numbered('scale', scales),
    ...numbered('offset', offsets),
    ...(gates && { gates }),
    shortcut,
  };
  const keepsResult = bounds.some(Number.isFinite);
  const keepsShortcut = shortcutNormalisation !== undefined;

  const outputs = recorded({
    inputs,
    forward: (save) => {
      const results = runKernel('DmnnPointwiseSum', inputs, { ...attributes, pooled });
      const queue = [...results];
      const take = (count: number): tf.Tensor[] => queue.splice(0, count);
      const y = take(1);
      const means = take(norms) as tf.Tensor1D[];
      const variances = take(norms) as tf.Tensor1D[];
      const moments = take(2 * paths.length);
      normalisations.forEach(({ onStatistics }, m) => {
        onStatistics(means[m] as tf.Tensor1D, variances[m] as tf.Tensor1D);
      });
      save([
        ...xs,
        ...weights,
        ...scales,
        ...offsets,
        ...means,
        ...variances,
        ...moments,
        ...(gates ? [gates] : []),
        ...(keepsShortcut ? [shortcut] : []),
        ...(keepsResult ? y : []),
      ]);
      return [
        ...Array.from({ length: views }, (_, view) => (view === 0 ? y[0] : tf.clone(y[0] as tf.Tensor))),
        ...queue,
      ] as tf.Tensor[];
    },
    backward: (upstream, saved) => {
      const queue = [...saved];
      const take = (count: number): tf.Tensor[] => queue.splice(0, count);
      const given = {
        ...numbered('dy', upstream.slice(0, views)),
        ...(pooled && { dpooled: upstream.at(-1) as tf.Tensor }),
        ...numbered('x', take(paths.length)),
        ...numbered('weight', take(paths.length)),
        ...numbered('scale', take(norms)),
        ...numbered('offset', take(norms)),
        ...numbered('mean', take(norms)),
        ...numbered('variance', take(norms)),
        ...numbered('hiddenMean', take(paths.length)),
        ...numbered('spread', take(paths.length)),
        ...(gates && { gates: take(1)[0] as tf.Tensor }),
        ...(keepsShortcut && { shortcut: take(1)[0] as tf.Tensor }),
        ...(keepsResult && { y: take(1)[0] as tf.Tensor }),
      };
      const gradients = runKernel('DmnnPointwiseSumGrad', given, { ...attributes, upstreams: views });
      releaseAfterGradient([...saved, ...upstream.slice(0, views)]);
      // the kernel returns them in the order of the inputs
      return Object.fromEntries(
        Object.keys(inputs).map((name, i) => [name, () => gradients[i] as tf.Tensor]),
      );
    },
  });
  return {
    views: Array.from({ length: views }, (_, view) => [outputs[view] as tf.Tensor4D]),
    pooled: pooled ? (outputs.at(-1) as tf.Tensor2D) : undefined,
  };
}
