import * as tf from '@tensorflow/tfjs-core';
import { hasNormSum, normSum } from '../kernels/norm-sum.js';

/** What the next layers want to know of a map. */
export interface Demand {
  /** How many times it is used: by convolutions, and by a shortcut. 0 where only its mean is. */
  readonly views: 0 | 1 | 2;
  /** Whether its mean over height and width is used: by a controller, or by the classifier. */
  readonly mean: boolean;
}

/**
 * A map `[B, H, W, C]` on its way into the next block.
 *
 * While a tape is on, each use has a tensor of its own, of the same data: its gradients then arrive one by one, and the
 * operation that made the map reads them all at once instead of tfjs adding them up on the way.
 */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- tf.tidy takes no interface
export type BlockInput = {
  /** For convolutions. */
  readonly map: tf.Tensor4D;
  /** For the shortcut. May be `map` itself. */
  readonly shortcut: tf.Tensor4D;
  /** `[B, C]`, the mean over height and width, where it is known already. */
  readonly mean: tf.Tensor2D | undefined;
};

/** A map that is used as it is. */
export function plainInput(map: tf.Tensor4D): BlockInput {
  return { map, shortcut: map, mean: undefined };
}

/** Frees a map that was made on the way, and what was made of it. */
export function disposeInput({ map, shortcut, mean }: BlockInput): void {
  tf.dispose([map, ...(shortcut === map ? [] : [shortcut]), ...(mean ? [mean] : [])]);
}

/** A map with a tensor for each use. Takes the map over: the caller uses it no more. */
export function fork(map: tf.Tensor4D, demand: Demand): BlockInput {
  if (!tf.engine().isTapeOn() || !hasNormSum() || demand.views + Number(demand.mean) < 2)
    return plainInput(map);
  return inputOf(normSum({ paths: [{ x: map }], epsilon: 0, activation: 'none', ...wanted(demand) }));
}

/** What {@link normSum} must be asked for. */
export function wanted(demand: Demand): { views: number; pooled: boolean } {
  // without a tape nobody tells uses apart
  const views = tf.engine().isTapeOn() ? demand.views : 1;
  return { views, pooled: demand.mean };
}

/** What {@link normSum} gave. */
export function inputOf({ views, pooled }: ReturnType<typeof normSum>): BlockInput {
  const [map, shortcut = map] = views.map(([whole]) => whole as tf.Tensor4D);
  return { map: map as tf.Tensor4D, shortcut: shortcut as tf.Tensor4D, mean: pooled };
}
