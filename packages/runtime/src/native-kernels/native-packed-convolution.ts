import type * as tf from '@tensorflow/tfjs-core';

import { float, integer, integers, type NativeBackend } from '../backend/native-backend.js';
import { type GivenInputs, numberedInputs, presentInputs } from '../numbered-inputs.js';

/** `{filter [k, k, Cin, Cout]}` → the filter in panels of 16 output channels, for {@link nativePackedConvolution}. */
export const nativePackFilter: tf.KernelConfig = {
  kernelName: 'DmnnPackFilter',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend }) =>
    (backend as NativeBackend).executeSingleOutput('DmnnPackFilter', [], [inputs['filter'] as tf.TensorInfo]),
};

/**
 * `{x0 …, packed0 …, bias0 …, shortcut?, taken?, placed0 … ?}` → shortcut + Σ_p (convolution(x_p) + bias_p), held between
 * `bounds`, and its mean over pixels if that is requested. `taken` is for one x. With `overwrites` the result takes the
 * memory of `shortcut`, which must not be read afterwards.
 */
export const nativePackedConvolution: tf.KernelConfig = {
  kernelName: 'DmnnConvolution',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const given = inputs as GivenInputs;
    const { shortcut, taken } = given;
    const { paths, placed, pooled, overwrites, kernelSize, stride, before, outSizes, bounds } =
      attrs as unknown as {
        readonly paths: number;
        readonly placed: number;
        readonly pooled: boolean;
        readonly overwrites: boolean;
        readonly kernelSize: number;
        readonly stride: number;
        readonly before: readonly [top: number, left: number];
        readonly outSizes: readonly [number, number];
        readonly bounds: readonly [low: number, high: number];
      };
    return native.executeMultipleOutputs(
      'DmnnConvolution',
      [
        integers(native, 'kernel', [kernelSize, kernelSize]),
        integers(native, 'strides', [stride, stride]),
        integers(native, 'before', before),
        integers(native, 'out', outSizes),
        integer(native, 'out_channels', given['bias0']?.shape[0] as number),
        float(native, 'low', bounds[0]),
        float(native, 'high', bounds[1]),
        integer(native, 'N', paths),
        integer(native, 'Z', shortcut ? 1 : 0),
        integer(native, 'T', taken ? 1 : 0),
        integer(native, 'P', placed),
        integer(native, 'Q', pooled ? 1 : 0),
        integer(native, 'W', overwrites ? 1 : 0),
      ],
      [
        ...['x', 'packed', 'bias'].flatMap((name) => numberedInputs(given, name, paths)),
        ...presentInputs(shortcut, taken),
        ...numberedInputs(given, 'placed', placed),
      ],
      pooled ? 2 : 1,
    );
  },
};
