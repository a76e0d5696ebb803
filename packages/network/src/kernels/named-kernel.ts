import * as tf from '@tensorflow/tfjs-core';

/** Whether somebody registered a kernel of that name for the current backend. */
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

/** A list among a kernel's inputs, which have names only: `name0`, `name1` and so on. */
export function numbered(name: string, tensors: readonly tf.Tensor[]): { [name: string]: tf.Tensor } {
  return Object.fromEntries(tensors.map((tensor, i) => [`${name}${i}`, tensor]));
}
