import * as tf from '@tensorflow/tfjs-core';
import { type Shape, layers } from '@tensorflow/tfjs-layers';
import { assertOneInput } from '../arguments.js';

/** Keras's `GlobalAveragePooling2D` with `keepdims`, which TensorFlow.js ignores: `[B, H, W, C]` → `[B, 1, 1, C]`. */
export class PooledMean extends layers.Layer {
  static readonly className = 'PooledMean';

  override apply(...args: Parameters<layers.Layer['apply']>): ReturnType<layers.Layer['apply']> {
    const [inputs] = args;
    assertOneInput(this.name, inputs);
    return super.apply(...args);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [images = null, , , channels = null] = (
      Array.isArray(inputShape[0]) ? inputShape[0] : inputShape
    ) as Shape;
    return [images, 1, 1, channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mean(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs, [1, 2], true);
  }
}
