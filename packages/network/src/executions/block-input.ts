import * as tf from '@tensorflow/tfjs-core';
import { hasNormSum } from '../kernels/custom-operation.js';
import { normSum } from '../kernels/norm-sum.js';

/** How the next layers use a map. */
export interface Demand {
  /** How many times it is used: by convolutions, and by a shortcut. 0 if only its mean is used. */
  readonly views: 0 | 1 | 2;
  /** Whether its mean over height and width is used: by a controller, or by the classifier. */
  readonly mean: boolean;
}

/**
 * A map `[B, H, W, C]` on its way into the next block.
 *
 * While a tape is on, each use has a separate tensor of the same data: its gradients then arrive one by one, and the
 * operation that produced the map reads them all at once, instead of tfjs adding them up.
 */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- tf.tidy takes no interface
export type BlockInput = {
  /** For convolutions. */
  readonly map: tf.Tensor4D;
  /** For the shortcut. May be `map` itself. */
  readonly shortcut: tf.Tensor4D;
  /** `[B, C]`, the mean over height and width, if already computed. */
  readonly mean: tf.Tensor2D | undefined;
};

/** A map without separate tensors for its uses. */
export function plainInput(map: tf.Tensor4D): BlockInput {
  return { map, shortcut: map, mean: undefined };
}

/** Frees an intermediate map and the tensors derived from it. */
export function disposeInput({ map, shortcut, mean }: BlockInput): void {
  tf.dispose([map, ...(shortcut === map ? [] : [shortcut]), ...(mean ? [mean] : [])]);
}

/** A map with a tensor for each use. Takes ownership of the map: the caller must not use it again. */
export function fork(map: tf.Tensor4D, demand: Demand): BlockInput {
  if (!tf.engine().isTapeOn() || !hasNormSum() || demand.views + Number(demand.mean) < 2)
    return plainInput(map);
  return inputOf(normSum({ paths: [{ x: map }], epsilon: 0, activation: 'none', ...wanted(demand) }));
}

/** The outputs to request from {@link normSum}. */
export function wanted(demand: Demand): { views: number; pooled: boolean } {
  // without a tape all uses can share a tensor
  const views = tf.engine().isTapeOn() ? demand.views : 1;
  return { views, pooled: demand.mean };
}

/** The block input in the results of {@link normSum}. */
export function inputOf({ views, pooled }: ReturnType<typeof normSum>): BlockInput {
  const [map, shortcut = map] = views.map(([whole]) => whole as tf.Tensor4D);
  return { map: map as tf.Tensor4D, shortcut: shortcut as tf.Tensor4D, mean: pooled };
}
