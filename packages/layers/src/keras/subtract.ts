import * as tf from '@tensorflow/tfjs-core';
import { type Shape, layers } from '@tensorflow/tfjs-layers';

/** Keras's `Subtract`, which TensorFlow.js lacks: the first input minus the second, of the same shape. */
export class Subtract extends layers.Layer {
  static readonly className = 'Subtract';

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return (inputShape as Shape[])[0] as Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [first, second] = inputs as [tf.Tensor, tf.Tensor];
    return tf.sub(first, second);
  }
}
