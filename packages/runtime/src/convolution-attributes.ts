import * as tf from '@tensorflow/tfjs-core';

type Shape4 = [number, number, number, number];

/** The attributes of tfjs-core's kernels for convolutions and their gradients. */
export interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly inputShape?: Shape4;
  readonly filterShape?: Shape4;
}

/**
 * All sizes of a convolution, from a kernel's attributes and the shapes of its inputs.
 *
 * @param depthwise - the filter is [height, width, channels, multiplier].
 */
export function convolutionSizes(
  attributes: ConvolutionAttributes,
  inputs: Readonly<Record<string, tf.TensorInfo | undefined>>,
  depthwise: boolean,
): tf.backend_util.Conv2DInfo {
  const { strides, pad, dilations, dimRoundingMode } = attributes;
  return tf.backend_util.computeConv2DInfo(
    attributes.inputShape ?? (inputs['x']?.shape as Shape4),
    attributes.filterShape ?? (inputs['filter']?.shape as Shape4),
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
}
