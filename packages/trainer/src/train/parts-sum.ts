import * as tf from '@tensorflow/tfjs-core';
import type { PackedScalars } from './packed-scalars.js';

/** The gradients of the parts of a batch, added up, and the numbers of each part. */
export interface PartsSum<Name extends string> {
  /** By variable name; the caller disposes them. */
  readonly gradients: Map<string, tf.Tensor>;
  readonly numbers: PackedScalars<Name>[];
}

/** Adds gradients to a sum, by name; the sum takes them over. */
export function addGradients(sum: Map<string, tf.Tensor>, more: ReadonlyMap<string, tf.Tensor>): void {
  for (const [name, gradient] of more) {
    const before = sum.get(name);
    sum.set(name, before ? tf.add(before, gradient) : gradient);
    if (before) tf.dispose([before, gradient]);
  }
}

/** Frees a sum's gradients and numbers. */
export function disposeSum({ gradients, numbers }: PartsSum<string>): void {
  tf.dispose([...gradients.values(), ...numbers.map(({ tensor }) => tensor)]);
}
