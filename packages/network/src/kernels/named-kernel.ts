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
