import * as tf from '@tensorflow/tfjs-core';

// tfjs's typings say that these always find something

/** Whether somebody registered a backend of that name with tfjs-core, started or not. */
export function hasBackend(name: string): boolean {
  return (tf.findBackendFactory(name) as unknown) !== null;
}

/** Whether somebody registered a kernel of that name for a backend. */
export function hasKernel(name: string, backend: string): boolean {
  return (tf.getKernel(name, backend) as unknown) !== undefined;
}

/** Whether gradients are registered, which importing `@tensorflow/tfjs` does. */
export function hasGradients(): boolean {
  return (tf.getGradient('Conv2D') as unknown) !== undefined;
}
