import { DmnnError } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Detects the two set-ups in which TensorFlow.js fails far from the cause.
 *
 * @throws DmnnError `DMNN_TENSOR_LIBRARY` if the tensor comes from another copy of tfjs-core, or if a tape is on and no gradients
 *   are registered
 */
export function assertTensorLibrary(tensor: tf.Tensor): void {
  // instanceof cannot distinguish them: tfjs makes it duck-typed
  const prototype: unknown = Object.getPrototypeOf(tensor);
  if (prototype !== tf.Tensor.prototype && prototype !== tf.Variable.prototype) {
    throw new DmnnError(
      'DMNN_TENSOR_LIBRARY',
      'images: expected a tensor of the @tensorflow/tfjs-core that @dmnn/network uses, got one of another copy. ' +
        'Find both with `npm ls @tensorflow/tfjs-core`, and install one version of it for all packages.',
    );
  }
  const gradient = tf.getGradient('Conv2D') as tf.GradConfig | undefined;
  if (tf.engine().isTapeOn() && gradient === undefined) {
    throw new DmnnError(
      'DMNN_TENSOR_LIBRARY',
      "gradients: expected those of Conv2D to be registered, got none. Import '@tensorflow/tfjs' once, where the " +
        "application starts: '@tensorflow/tfjs-core' alone has no gradients.",
    );
  }
}
