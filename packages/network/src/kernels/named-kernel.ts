import * as tf from '@tensorflow/tfjs-core';

/** Whether the current backend has a kernel of that name. */
export function hasKernel(name: string): boolean {
  const kernel = tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined;
  return kernel !== undefined;
}

/** Runs a registered kernel. It must have the documented outputs. */
export function runKernel(
  name: string,
  inputs: { [name: string]: tf.Tensor },
  attributes: tf.NamedAttrMap = {},
): tf.Tensor[] {
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, inputs, attributes);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** Names a list of tensors `name0`, `name1` and so on: a kernel's inputs have names, not positions. */
export function numbered(name: string, tensors: readonly tf.Tensor[]): { [name: string]: tf.Tensor } {
  return Object.fromEntries(tensors.map((tensor, i) => [`${name}${i}`, tensor]));
}
