import type * as tf from '@tensorflow/tfjs-core';

/** `name0`, `name1` and so on: a list among a kernel's inputs, which have names only. */
export function numberedInputs(
  inputs: Readonly<Record<string, tf.TensorInfo | undefined>>,
  name: string,
  count: number,
): tf.TensorInfo[] {
  return Array.from({ length: count }, (_, i) => inputs[`${name}${i}`] as tf.TensorInfo);
}
