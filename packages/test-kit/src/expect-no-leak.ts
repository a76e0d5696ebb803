import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs `body`, disposes its result, and throws if any tensors remain.
 *
 * @throws Error with the counts before and after.
 */
export function expectNoLeak(body: () => tf.TensorContainer): void {
  const before = tf.memory().numTensors;
  tf.dispose(body());
  const after = tf.memory().numTensors;
  if (after !== before) throw new Error(`tensors leaked: ${before} before, ${after} after`);
}
