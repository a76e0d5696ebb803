import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-operation.js';

/**
 * shortcut + Σ_n gates[:, n] · paths[n]: what a gated block adds up.
 *
 * Keeps the gates and the paths for its gradient; a gate's gradient is the inner product of the upstream gradient with
 * its path.
 *
 * @param shortcut - `[B, H, W, C]`
 * @param gates - `[B, N]`
 * @param paths - N times `[B, H, W, C]`
 * @returns `[B, H, W, C]`; the caller disposes it
 * @see DMNN §3.2 Eq. 4
 */
export function gatedSum(
  shortcut: tf.Tensor4D,
  gates: tf.Tensor2D,
  paths: readonly tf.Tensor4D[],
): tf.Tensor4D {
  return customGradient([shortcut, gates, ...paths], ([shortcut, gates, ...paths], save) => {
    const value = weightedSum(shortcut, gates, paths);
    save([gates, ...paths]);
    return { value, gradFunc };
  });
}

function weightedSum(shortcut: tf.Tensor4D, gates: tf.Tensor2D, paths: readonly tf.Tensor4D[]): tf.Tensor4D {
  return paths.reduce<tf.Tensor4D>((total, path, n) => {
    const gated = tf.tidy(() => tf.mul<tf.Tensor4D>(path, column(gates, n)));
    const next = tf.add<tf.Tensor4D>(total, gated);
    gated.dispose();
    if (total !== shortcut) total.dispose();
    return next;
  }, shortcut);
}

function gradFunc(
  dy: tf.Tensor4D,
  saved: readonly tf.Tensor[],
): [shortcut: tf.Tensor, gates: tf.Tensor, ...paths: tf.Tensor[]] {
  const [gates, ...paths] = saved as [tf.Tensor2D, ...tf.Tensor4D[]];
  return tf.tidy(() => [
    dy,
    tf.concat(
      paths.map((path) => perImageProduct(dy, path)),
      1,
    ),
    ...paths.map((_, n) => tf.mul(dy, column(gates, n))),
  ]);
}

/** `[B, N]` → `[B, 1, 1, 1]`, the n-th. */
function column(gates: tf.Tensor2D, n: number): tf.Tensor4D {
  const images = gates.shape[0];
  return tf.reshape(tf.slice(gates, [0, n], [images, 1]), [images, 1, 1, 1]);
}

/** Σ a·b over each image, `[B, 1]`: row by row of the map first, so that float32 sums stay short. */
function perImageProduct(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor2D {
  const [images, height, width, channels] = a.shape;
  return tf.tidy(() => {
    const perRow = tf.sum(tf.reshape(tf.mul(a, b), [images * height, width * channels]), 1);
    return tf.sum<tf.Tensor2D>(tf.reshape(perRow, [images, height]), 1, true);
  });
}
