import type * as tf from '@tensorflow/tfjs-core';
import { kindOf } from '@dmnn/foundation';
import { layers } from '@tensorflow/tfjs-layers';
import { GatedSum } from './gates/gated-sum.js';
import { GumbelGate } from './gates/gumbel-gate.js';
import { HardSwish, ReluSigmoid } from './keras/activations.js';
import { BoundedReLU } from './keras/bounded-relu.js';
import { Normalization } from './keras/normalization.js';
import { PooledMean } from './keras/pooled-mean.js';
import { Subtract } from './keras/subtract.js';
import { layersError } from './layers-error.js';

/** What {@link registerLayers} needs of `@tensorflow/tfjs`. */
export interface TensorFlowJs {
  /** Where layers are registered by name, so that a saved model finds them. */
  readonly serialization: {
    /** Registers a class. */
    readonly registerClass: typeof tf.serialization.registerClass;
  };
  readonly layers: { readonly Layer: typeof layers.Layer };
}

/**
 * Makes the layers of this package known to TensorFlow.js, so that `tf.loadLayersModel` finds them in saved models:
 * `GumbelGate`, `GatedSum`, and what models of Keras need besides TensorFlow.js's own layers (`Normalization`,
 * `BoundedReLU`, `PooledMean`, `Subtract`, the activations `hardSwish` and `reluSigmoid`). Building and training models needs no
 * registration. May be called again.
 *
 * @param from - `@tensorflow/tfjs`, as the application imports it
 * @throws DmnnError `DMNN_LAYERS` if the application uses another copy of TensorFlow.js than this package
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { registerLayers } from '@dmnn/layers';
 *
 * registerLayers(tf);
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3], activation: 'hardSwish' as string as 'relu' })] });
 * console.log(model.outputs[0]?.shape.slice(1).join()); // => 2
 * ```
 */
export function registerLayers(from: TensorFlowJs): void {
  const theirs = (from as Partial<TensorFlowJs> | null | undefined)?.layers;
  if (!theirs)
    throw new TypeError(
      `from: expected @tensorflow/tfjs as it is imported, got ${kindOf(from)}. Write registerLayers(tf).`,
    );
  if (theirs.Layer !== layers.Layer) {
    throw layersError(
      'from',
      'the copy of @tensorflow/tfjs-layers that @dmnn/layers imports',
      'another one',
      'Install one version of @tensorflow/tfjs, and see npm ls @tensorflow/tfjs-layers.',
    );
  }
  const { registerClass } = from.serialization;
  for (const layer of [GumbelGate, GatedSum, BoundedReLU, Normalization, PooledMean, Subtract])
    registerClass(layer as unknown as Registered);
  for (const activation of [HardSwish, ReluSigmoid]) registerClass(activation as unknown as Registered);
}

type Registered = Parameters<typeof tf.serialization.registerClass>[0];
