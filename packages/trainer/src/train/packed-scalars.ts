import * as tf from '@tensorflow/tfjs-core';

/** Many small tensors as one, so that a step reads from the device once. */
export interface PackedScalars<Name extends string> {
  /** `[Σ sizes]`; the caller disposes it. */
  readonly tensor: tf.Tensor1D;
  readonly layout: readonly { readonly name: Name; readonly size: number }[];
}

/**
 * Puts tensors of any small shape one after the other.
 *
 * @param make - makes them; all that it makes is disposed
 */
export function packScalars<Name extends string>(
  make: () => { readonly [name in Name]: tf.Tensor },
): PackedScalars<Name> {
  let layout: PackedScalars<Name>['layout'] = [];
  const tensor = tf.tidy(() => {
    const entries = Object.entries(make()) as [Name, tf.Tensor][];
    layout = entries.map(([name, part]) => ({ name, size: part.size }));
    return tf.concat1d(entries.map(([, part]) => tf.reshape<tf.Rank.R1>(tf.cast(part, 'float32'), [-1])));
  });
  return { tensor, layout };
}

/** Reads them back, and disposes the packed tensor. */
export async function readScalars<Name extends string>(
  packed: PackedScalars<Name>,
): Promise<{ readonly [name in Name]: number[] }> {
  const values = await packed.tensor.data();
  packed.tensor.dispose();
  let end = 0;
  return Object.fromEntries(
    packed.layout.map(({ name, size }) => [name, Array.from(values.subarray(end, (end += size)))]),
  ) as { [name in Name]: number[] };
}
