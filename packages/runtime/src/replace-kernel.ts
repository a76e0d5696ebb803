import * as tf from '@tensorflow/tfjs-core';

/** Registers a kernel in place of the one that may be there; tfjs-core would print a warning for the second. */
export function replaceKernel(kernel: tf.KernelConfig): void {
  if (tf.getKernel(kernel.kernelName, kernel.backendName) !== undefined) {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  }
  tf.registerKernel(kernel);
}
