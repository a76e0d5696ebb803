import type * as tf from '@tensorflow/tfjs-core';

/** The inputs `name0`, `name1` and so on: a list, since a kernel's inputs have names, not positions. */
export function numberedInputs(
  inputs: Readonly<Record<string, tf.TensorInfo | undefined>>,
  name: string,
  count: number,
): tf.TensorInfo[] {
  return Array.from({ length: count }, (_, i) => inputs[`${name}${i}`] as tf.TensorInfo);
}
