import * as tf from '@tensorflow/tfjs-core';
import { hasKernel } from './backend/registered.js';

/** Registers a kernel in place of an existing one; tfjs-core would print a warning about the second. */
export function replaceKernel(kernel: tf.KernelConfig): void {
  if (hasKernel(kernel.kernelName, kernel.backendName)) {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  }
  tf.registerKernel(kernel);
}
