import * as tf from '@tensorflow/tfjs-core';

/**
 * The sum of squares of each tensor, `[N]`; the caller disposes it. In one operation for all where a backend has the
 * kernel `DmnnSumsOfSquares` (x0 … → `[N]`).
 */
export function sumsOfSquares(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  const kernel = tf.getKernel('DmnnSumsOfSquares', tf.getBackend()) as tf.KernelConfig | undefined;
  if (kernel && tensors.length > 0) {
    const inputs = Object.fromEntries(tensors.map((tensor, i) => [`x${i}`, tensor]));
    return tf.engine().runKernel<tf.Tensor1D>('DmnnSumsOfSquares', inputs, { tensors: tensors.length });
  }
  return tf.tidy(() =>
    tensors.length > 0
      ? (tf.stack(tensors.map((tensor) => tf.sum<tf.Scalar>(tf.square(tensor)))) as tf.Tensor1D)
      : tf.tensor1d([]),
  );
}
