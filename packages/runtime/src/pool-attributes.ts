import * as tf from '@tensorflow/tfjs-core';

/** The attributes of tfjs-core's kernels for pooling and its gradient. */
export interface PoolAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** All sizes of a pooling, from a kernel's attributes and its image. */
export function poolSizes(attributes: PoolAttributes, image: tf.TensorInfo): tf.backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const shape = image.shape as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
}
