import type * as tf from '@tensorflow/tfjs-core';

import {
  float,
  integer,
  integers,
  type NativeBackend,
  type OperationAttribute,
} from '../backend/native-backend.js';
import { type GivenInputs, numberedInputs, presentInputs } from '../numbered-inputs.js';
import type { PointwiseSumAttributes } from '../pointwise-sum-attributes.js';

function normsOf({ paths, shortcutNormalised }: PointwiseSumAttributes): number {
  return paths + Number(shortcutNormalised);
}

function commonAttributes(
  backend: NativeBackend,
  attributes: PointwiseSumAttributes,
  { gates }: GivenInputs,
): OperationAttribute[] {
  return [
    integer(backend, 'P', attributes.paths),
    integer(backend, 'M', normsOf(attributes)),
    integer(backend, 'G', gates ? 1 : 0),
    float(backend, 'low', attributes.bounds[0]),
    float(backend, 'high', attributes.bounds[1]),
    float(backend, 'epsilon', attributes.epsilon),
    integers(backend, 'gate_columns', attributes.gateColumns),
  ];
}

/** Forwards: see `packages/runtime/native/pointwise_sum.h`. */
export const nativePointwiseSum: tf.KernelConfig = {
  kernelName: 'DmnnPointwiseSum',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const given = inputs as GivenInputs;
    const attributes = attrs as unknown as PointwiseSumAttributes;
    const { paths, pooled = false } = attributes;
    const norms = normsOf(attributes);
    return native.executeMultipleOutputs(
      'DmnnPointwiseSum',
      [...commonAttributes(native, attributes, given), integer(native, 'Q', pooled ? 1 : 0)],
      [
        ...numberedInputs(given, 'x', paths),
        ...numberedInputs(given, 'weight', paths),
        ...numberedInputs(given, 'scale', norms),
        ...numberedInputs(given, 'offset', norms),
        ...presentInputs(given['gates'], given['shortcut']),
      ],
      1 + 2 * norms + 2 * paths + (pooled ? 1 : 0),
    );
  },
};

/** Backwards: see `packages/runtime/native/pointwise_sum.h`. */
export const nativePointwiseSumGrad: tf.KernelConfig = {
  kernelName: 'DmnnPointwiseSumGrad',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const given = inputs as GivenInputs;
    const attributes = attrs as unknown as PointwiseSumAttributes;
    const { paths, upstreams = 1 } = attributes;
    const norms = normsOf(attributes);
    return native.executeMultipleOutputs(
      'DmnnPointwiseSumGrad',
      [
        ...commonAttributes(native, attributes, given),
        integer(native, 'D', upstreams),
        integer(native, 'Q', given['dpooled'] ? 1 : 0),
        integer(native, 'Y', given['y'] ? 1 : 0),
        integer(native, 'Z', given['shortcut'] ? 1 : 0),
      ],
      [
        ...numberedInputs(given, 'dy', upstreams),
        ...presentInputs(given['dpooled'], given['y']),
        ...numberedInputs(given, 'x', paths),
        ...numberedInputs(given, 'weight', paths),
        ...['scale', 'offset', 'mean', 'variance'].flatMap((name) => numberedInputs(given, name, norms)),
        ...numberedInputs(given, 'hiddenMean', paths),
        ...numberedInputs(given, 'spread', paths),
        ...presentInputs(given['gates'], given['shortcut']),
      ],
      2 * paths + 2 * norms + (given['gates'] ? 1 : 0) + 1,
    );
  },
};
