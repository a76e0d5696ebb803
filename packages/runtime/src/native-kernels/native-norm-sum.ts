import type * as tf from '@tensorflow/tfjs-core';

import {
  float,
  integer,
  integers,
  type NativeBackend,
  type OperationAttribute,
} from '../backend/native-backend.js';
import type { NormSumAttributes } from '../norm-sum-attributes.js';
import { type GivenInputs, numberedInputs, presentInputs } from '../numbered-inputs.js';

function commonAttributes(backend: NativeBackend, attributes: NormSumAttributes): OperationAttribute[] {
  return [
    integer(backend, 'P', attributes.paths),
    integer(backend, 'M', attributes.normalised ? attributes.paths : 0),
    float(backend, 'low', attributes.bounds[0]),
    float(backend, 'high', attributes.bounds[1]),
    float(backend, 'epsilon', attributes.epsilon),
    integers(backend, 'gate_columns', attributes.gateColumns),
    integers(backend, 'splits', attributes.splits),
  ];
}

/** Forwards: see `packages/runtime/native/norm_sum.cc`. */
export const nativeNormSum: tf.KernelConfig = {
  kernelName: 'DmnnNormSum',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const given = inputs as GivenInputs;
    const attributes = attrs as unknown as NormSumAttributes;
    const { paths, normalised, splits, pooled = false } = attributes;
    const norms = normalised ? paths : 0;
    const parts = Math.max(1, splits.length);
    return native.executeMultipleOutputs(
      'DmnnNormSum',
      [
        ...commonAttributes(native, attributes),
        integer(native, 'Z', given['shortcut'] ? 1 : 0),
        integer(native, 'G', given['gates'] ? 1 : 0),
        integer(native, 'Q', pooled ? 1 : 0),
        integer(native, 'S', parts),
      ],
      [
        ...numberedInputs(given, 'x', paths),
        ...numberedInputs(given, 'scale', norms),
        ...numberedInputs(given, 'offset', norms),
        ...presentInputs(given['gates'], given['shortcut']),
      ],
      parts + 2 * norms + (pooled ? 1 : 0),
    );
  },
};

/** Backwards: see `packages/runtime/native/norm_sum.cc`. */
export const nativeNormSumGrad: tf.KernelConfig = {
  kernelName: 'DmnnNormSumGrad',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const given = inputs as GivenInputs;
    const attributes = attrs as unknown as NormSumAttributes;
    const { paths, normalised, upstreams = 1, shortcut = false } = attributes;
    const norms = normalised ? paths : 0;
    return native.executeMultipleOutputs(
      'DmnnNormSumGrad',
      [
        ...commonAttributes(native, attributes),
        integer(native, 'Z', shortcut ? 1 : 0),
        integer(native, 'D', upstreams),
        integer(native, 'G', given['gates'] ? 1 : 0),
        integer(native, 'Q', given['dpooled'] ? 1 : 0),
        integer(native, 'Y', given['y'] ? 1 : 0),
      ],
      [
        ...numberedInputs(given, 'dy', upstreams),
        ...presentInputs(given['dpooled'], given['y']),
        ...numberedInputs(given, 'x', paths),
        ...['scale', 'offset', 'mean', 'variance'].flatMap((name) => numberedInputs(given, name, norms)),
        ...presentInputs(given['gates']),
      ],
      paths + 2 * norms + (given['gates'] ? 1 : 0) + (shortcut ? 1 : 0),
    );
  },
};
