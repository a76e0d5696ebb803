import * as tf from '@tensorflow/tfjs-core';

// In the protocol of TensorFlow.js an activation is a class with `apply` and `getConfig`.

/** x · min(max(x + 3, 0), 6) / 6: Keras's `hard_swish`, `hard_silu`. */
export class HardSwish extends tf.serialization.Serializable {
  static readonly className = 'hardSwish';
  apply(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.mul(x, reluSigmoid(x)));
  }
  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}

/** min(max(x + 3, 0), 6) / 6: the `hard_sigmoid` of Keras 3. */
export class ReluSigmoid extends tf.serialization.Serializable {
  static readonly className = 'reluSigmoid';
  apply(x: tf.Tensor): tf.Tensor {
    return reluSigmoid(x);
  }
  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}

function reluSigmoid(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.div(tf.relu6(tf.add(x, 3)), 6));
}
