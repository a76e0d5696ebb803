import { type Activation, type Curve, activations, isClip } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.js';
import { numbered, runKernel, recorded, releaseAfterGradient } from './custom-operation.js';

/** Batch norm with batch statistics: its parameters, and who receives the statistics. */
export interface Normalisation {
  /** `[C]`, gamma. */
  readonly scale: tf.Tensor1D;
  /** `[C]`, beta. */
  readonly offset: tf.Tensor1D;
  /** Receives mean and biased variance, which are valid only during the call. */
  readonly onStatistics: (mean: tf.Tensor1D, variance: tf.Tensor1D) => void;
}

/** One term of {@link normSum}. */
export interface NormPath {
  /** `[B, H, W, C]`, of equal shape in all terms. */
  readonly x: tf.Tensor4D;
  /** The column of `gates` that multiplies it; undefined to add it as it is. */
  readonly gate?: number | undefined;
}

/** What to sum, and which results to return. */
export interface NormSum {
  readonly paths: readonly NormPath[];
  /** One for each path; undefined to sum the paths without normalising them. */
  readonly normalisations?: readonly Normalisation[] | undefined;
  readonly epsilon: number;
  /** `[B, N]`, if a path names a column. */
  readonly gates?: tf.Tensor2D | undefined;
  /** `[B, H, W, C]`, added to the sum. */
  readonly shortcut?: tf.Tensor4D | undefined;
  readonly activation: Activation;
  /** Channels of each part, if the result is split into several tensors. */
  readonly splits?: readonly number[] | undefined;
  /**
   * How many times to return the result. Each copy receives a separate gradient, which saves adding them up; 0 returns
   * none.
   */
  readonly views: number;
  /** Whether to return the mean over height and width. */
  readonly pooled: boolean;
}

/** The results of {@link normSum}; the caller disposes all tensors. */
export interface NormSumResult {
  /** `[view][part]`. */
  readonly views: readonly (readonly tf.Tensor4D[])[];
  /** `[B, C]`; undefined unless `pooled` was true. */
  readonly pooled: tf.Tensor2D | undefined;
}

/** Does not clip. */
const UNBOUNDED = [-Infinity, Infinity] as const;

/**
 * activation(shortcut + Σ_p gates[:, g_p] · batchNorm_p(x_p)): what follows the convolutions of a unit or a block, as
 * one operation with one gradient. No intermediate result is ever stored.
 *
 * Runs the kernels `DmnnNormSum` and `DmnnNormSumGrad`, which a backend must have (see `hasNormSum`). A path whose
 * gate is 0 is not read. Keeps the paths for its gradient, the result too if there is an activation of more than one
 * path, and frees them with the upstream gradients as soon as its own gradient is computed.
 *
 * Inputs of `DmnnNormSum`: x0 … and, if normalised, scale0 …, offset0 …; gates and shortcut where given. Outputs: the
 * parts of y, mean0 …, variance0 …, pooled if requested. Inputs of `DmnnNormSumGrad`: dy0 … (view by view, part by part),
 * dpooled and y where present, x0 …, scale0 …, offset0 …, mean0 …, variance0 …, gates; outputs: dx0 …, dscale0 …, doffset0 …, then dgates
 * and dshortcut where there was such an input. The kernels implement an activation as bounds
 * on the sum; a {@link Curve} follows as a separate operation.
 *
 * @see DMNN §3.2 Eq. 4; Ioffe and Szegedy 2015 for the gradient of batch norm
 */
export function normSum(settings: NormSum): NormSumResult {
  const { activation } = settings;
  return isClip(activation)
    ? boundedSum(settings, activations[activation].range)
    : curvedSum(settings, activation);
}

/** The sum without its activation, then the activation, then the requested views and the mean. */
function curvedSum(settings: NormSum, curve: Curve): NormSumResult {
  const { epsilon, views, pooled } = settings;
  const sums = boundedSum({ ...settings, views: 1, pooled: false }, UNBOUNDED).views[0] as tf.Tensor4D[];
  const parts = sums.map((sum) => activate(sum, curve));
  tf.dispose(sums);
  if (views === 1 && !pooled) return { views: [parts], pooled: undefined };
  const results = parts.map((x) =>
    boundedSum({ paths: [{ x }], epsilon, activation: 'none', views, pooled }, UNBOUNDED),
  );
  tf.dispose(parts);
  const means = results.flatMap(({ pooled }) => (pooled ? [pooled] : []));
  const mean = means.length > 1 ? tf.concat(means, 1) : means[0];
  if (means.length > 1) tf.dispose(means);
  return {
    views: Array.from({ length: views }, (_, view) =>
      results.map((result) => result.views[view]?.[0] as tf.Tensor4D),
    ),
    pooled: mean,
  };
}

/** {@link normSum} with its result clipped to two bounds. */
function boundedSum(settings: NormSum, bounds: readonly [low: number, high: number]): NormSumResult {
  const { paths, normalisations = [], gates, shortcut, activation, epsilon, views, pooled } = settings;
  const splits = settings.splits ?? [];
  const parts = Math.max(1, splits.length);
  const attributes: tf.NamedAttrMap = {
    paths: paths.length,
    normalised: normalisations.length > 0,
    bounds: [...bounds],
    epsilon,
    gateColumns: paths.map(({ gate }) => gate ?? -1),
    splits: [...splits],
  };
  const scales = normalisations.map(({ scale }) => scale);
  const offsets = normalisations.map(({ offset }) => offset);
  const inputs = {
    ...numbered(
      'x',
      paths.map(({ x }) => x),
    ),
    ...numbered('scale', scales),
    ...numbered('offset', offsets),
    ...(gates && { gates }),
    ...(shortcut && { shortcut }),
  };
  // a single normalised path is enough to compute where its activation was 0
  const alone = normalisations.length === 1 && !shortcut && paths[0]?.gate === undefined;
  const keepsResult = bounds.some(Number.isFinite) && !alone;
  if (keepsResult && parts > 1) {
    throw new RangeError(
      `splits: expected with one normalised path or without an activation, got ${paths.length} paths and ${activation}`,
    );
  }

  const outputs = recorded({
    inputs,
    forward: (save) => {
      const results = runKernel('DmnnNormSum', inputs, { ...attributes, pooled });
      const y = results.slice(0, parts);
      const means = results.slice(parts, parts + normalisations.length) as tf.Tensor1D[];
      const variances = results.slice(parts + normalisations.length).slice(0, normalisations.length);
      normalisations.forEach(({ onStatistics }, p) => {
        onStatistics(means[p] as tf.Tensor1D, variances[p] as tf.Tensor1D);
      });
      save([
        ...paths.map(({ x }) => x),
        ...scales,
        ...offsets,
        ...means,
        ...variances,
        ...(gates ? [gates] : []),
        ...(keepsResult ? y : []),
      ]);
      return [
        ...Array.from({ length: views }, (_, view) =>
          view === 0 ? y : y.map((part) => tf.clone(part)),
        ).flat(),
        ...(pooled ? [results.at(-1) as tf.Tensor] : []),
      ];
    },
    backward: (upstream, saved) => {
      const queue = [...saved];
      const take = (count: number): tf.Tensor[] => queue.splice(0, count);
      const given = {
        ...numbered('dy', upstream.slice(0, views * parts)),
        ...(pooled && { dpooled: upstream.at(-1) as tf.Tensor }),
        ...numbered('x', take(paths.length)),
        ...numbered('scale', take(normalisations.length)),
        ...numbered('offset', take(normalisations.length)),
        ...numbered('mean', take(normalisations.length)),
        ...numbered('variance', take(normalisations.length)),
        ...(gates && { gates: take(1)[0] as tf.Tensor }),
        ...(keepsResult && { y: take(1)[0] as tf.Tensor }),
      };
      const gradients = runKernel('DmnnNormSumGrad', given, {
        ...attributes,
        upstreams: views * parts,
        shortcut: shortcut !== undefined,
      });
      releaseAfterGradient([...saved, ...upstream.slice(0, views * parts)]);
      // the kernel returns them in the order of the inputs
      return Object.fromEntries(
        Object.keys(inputs).map((name, i) => [name, () => gradients[i] as tf.Tensor]),
      );
    },
  });
  return {
    views: Array.from(
      { length: views },
      (_, view) => outputs.slice(view * parts, (view + 1) * parts) as tf.Tensor4D[],
    ),
    pooled: pooled ? (outputs.at(-1) as tf.Tensor2D) : undefined,
  };
}
