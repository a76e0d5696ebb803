import * as tf from '@tensorflow/tfjs-core';

// tfjs's types say that these never return undefined

/** Whether tfjs-core has a backend of that name, started or not. */
export function hasBackend(name: string): boolean {
  return (tf.findBackendFactory(name) as unknown) !== null;
}

/** Whether a backend has a kernel of that name. */
export function hasKernel(name: string, backend: string): boolean {
  return (tf.getKernel(name, backend) as unknown) !== undefined;
}

/** Whether gradients are registered, which importing `@tensorflow/tfjs` does. */
export function hasGradients(): boolean {
  return (tf.getGradient('Conv2D') as unknown) !== undefined;
}

/** Registers a kernel in place of an existing one; tfjs-core would print a warning about the second. */
export function replaceKernel(kernel: tf.KernelConfig): void {
  if (hasKernel(kernel.kernelName, kernel.backendName)) {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  }
  tf.registerKernel(kernel);
}
