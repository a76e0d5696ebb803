import type * as tf from '@tensorflow/tfjs-core';

import { float, integer, integers, type NativeBackend } from '../backend/native-backend.js';

/** `{filter [k, k, Cin, Cout]}` → the filter in panels of 16 output channels, for {@link nativePackedConvolution}. */
export const nativePackFilter: tf.KernelConfig = {
  kernelName: 'DmnnPackFilter',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend }) =>
    (backend as NativeBackend).executeSingleOutput('DmnnPackFilter', [], [inputs['filter'] as tf.TensorInfo]),
};

/**
 * `{x, packed, bias, shortcut?, taken?, placed?}` → convolution(x[taken]) + bias + shortcut, held between
 * `bounds`, its images at `placed` in y.
 */
export const nativePackedConvolution: tf.KernelConfig = {
  kernelName: 'DmnnConvolution',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const { x, packed, bias, shortcut, taken, placed } = inputs as Record<string, tf.TensorInfo> & {
      readonly [optional in 'shortcut' | 'taken' | 'placed']?: tf.TensorInfo;
    };
    const { kernelSize, stride, before, outSizes, bounds } = attrs as unknown as {
      readonly kernelSize: number;
      readonly stride: number;
      readonly before: readonly [top: number, left: number];
      readonly outSizes: readonly [number, number];
      readonly bounds: readonly [low: number, high: number];
    };
    return native.executeSingleOutput(
      'DmnnConvolution',
      [
        integers(native, 'kernel', [kernelSize, kernelSize]),
        integers(native, 'strides', [stride, stride]),
        integers(native, 'before', before),
        integers(native, 'out', outSizes),
        integer(native, 'out_channels', (bias as tf.TensorInfo).shape[0] as number),
        float(native, 'low', bounds[0]),
        float(native, 'high', bounds[1]),
        integer(native, 'Z', shortcut ? 1 : 0),
        integer(native, 'T', taken ? 1 : 0),
        integer(native, 'P', placed ? 1 : 0),
      ],
      [x, packed, bias, shortcut, taken, placed].filter((input) => input !== undefined),
    );
  },
};
