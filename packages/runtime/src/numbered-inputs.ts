import type * as tf from '@tensorflow/tfjs-core';

/** What a call of a kernel got, by name. */
export type GivenInputs = Readonly<Record<string, tf.TensorInfo | undefined>>;

/** The inputs `name0`, `name1` and so on: a list, since a kernel's inputs have names, not positions. */
export function numberedInputs(inputs: GivenInputs, name: string, count: number): tf.TensorInfo[] {
  return Array.from({ length: count }, (_, i) => inputs[`${name}${i}`] as tf.TensorInfo);
}

/** Those of some inputs that a call has. */
export function presentInputs(...inputs: readonly (tf.TensorInfo | undefined)[]): tf.TensorInfo[] {
  return inputs.filter((input) => input !== undefined);
}
