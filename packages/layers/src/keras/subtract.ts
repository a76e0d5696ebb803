import * as tf from '@tensorflow/tfjs-core';
import { type Shape, layers } from '@tensorflow/tfjs-layers';
import { assertTensors } from '../arguments.js';
import { layersError } from '../layers-error.js';

/** Keras's `Subtract`, which TensorFlow.js lacks: the first input minus the second, of the same shape. */
export class Subtract extends layers.Layer {
  static readonly className = 'Subtract';

  override apply(...args: Parameters<layers.Layer['apply']>): ReturnType<layers.Layer['apply']> {
    const [inputs] = args;
    const [expected, remedy] = ['two tensors', 'Write layer.apply([first, second]).'] as const;
    assertTensors(this.name, inputs, expected, remedy);
    const count = [inputs].flat().length;
    if (count !== 2) throw layersError(`inputs of ${this.name}`, expected, `${count} of them`, remedy);
    return super.apply(...args);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return (inputShape as Shape[])[0] as Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [first, second] = inputs as [tf.Tensor, tf.Tensor];
    return tf.sub(first, second);
  }
}
