import * as tf from '@tensorflow/tfjs-core';

import { type ConvolutionAttributes, convolutionSizes } from '../convolution-attributes.js';
import {
  bool,
  floatType,
  integers,
  type NativeBackend,
  type OperationAttribute,
  text,
} from '../backend/native-backend.js';

type Info = tf.backend_util.Conv2DInfo;

/** The attributes that all convolutions share; padding is always given in numbers. */
function attributes(backend: NativeBackend, info: Info): OperationAttribute[] {
  const { top, bottom, left, right } = info.padInfo;
  return [
    floatType(backend),
    integers(backend, 'strides', [1, info.strideHeight, info.strideWidth, 1]),
    integers(backend, 'dilations', [1, info.dilationHeight, info.dilationWidth, 1]),
    text(backend, 'data_format', 'NHWC'),
    text(backend, 'padding', 'EXPLICIT'),
    integers(backend, 'explicit_paddings', [0, 0, top, bottom, left, right, 0, 0]),
  ];
}

/** Which two of (input, filter, output gradient) an operation takes, and which shape replaces the third. */
interface Convolution {
  readonly operation: string;
  readonly depthwise: boolean;
  readonly inputs: (given: Readonly<Record<string, tf.TensorInfo>>, info: Info) => tf.TensorInfo[];
}

const forwards = ({ x, filter }: Readonly<Record<string, tf.TensorInfo>>): tf.TensorInfo[] =>
  [x, filter] as tf.TensorInfo[];
const towardsInput = ({ dy, filter }: Readonly<Record<string, tf.TensorInfo>>, info: Info): tf.TensorInfo[] =>
  [tf.tensor1d(info.inShape, 'int32'), filter, dy] as tf.TensorInfo[];
const towardsFilter = ({ x, dy }: Readonly<Record<string, tf.TensorInfo>>, info: Info): tf.TensorInfo[] =>
  [x, tf.tensor1d(info.filterShape, 'int32'), dy] as tf.TensorInfo[];

const convolutions: readonly Convolution[] = [
  { operation: 'Conv2D', depthwise: false, inputs: forwards },
  { operation: 'Conv2DBackpropInput', depthwise: false, inputs: towardsInput },
  { operation: 'Conv2DBackpropFilter', depthwise: false, inputs: towardsFilter },
  { operation: 'DepthwiseConv2dNative', depthwise: true, inputs: forwards },
  { operation: 'DepthwiseConv2dNativeBackpropInput', depthwise: true, inputs: towardsInput },
  { operation: 'DepthwiseConv2dNativeBackpropFilter', depthwise: true, inputs: towardsFilter },
];

/**
 * The filter's gradient of a 1×1 convolution without padding, xᵀ · dy over the pixels that it visits: a fifth to two
 * thirds faster than the convolution's own operation, the more so the larger the map.
 *
 * With a stride it is not only faster: of 4 input channels TensorFlow 2.21's operation (oneDNN) writes beyond its memory.
 */
function filterGradientAsProduct({
  inputs,
  backend,
  attrs,
}: Parameters<tf.KernelFunc>[0]): tf.TensorInfo | undefined {
  const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
  const { filterShape, dataFormat, strides } = attrs as unknown as ConvolutionAttributes;
  if (filterShape?.[0] !== 1 || filterShape[1] !== 1 || dataFormat === 'NCHW') return undefined;
  const [down, across] = typeof strides === 'number' ? [strides, strides] : strides;
  // with padding it visits other pixels, and mostly more or fewer of them
  const visited = [x.shape[0], ...[down, across].map((stride, i) => visitedOf(x.shape[i + 1], stride))];
  const isPadded = hasPadding(attrs as unknown as ConvolutionAttributes);
  if (isPadded || visited.some((size, axis) => size !== dy.shape[axis])) return undefined;
  const native = backend as NativeBackend;
  return tf.tidy(() => {
    const rows = (tensor: tf.TensorInfo): tf.Tensor =>
      tf.reshape(tensor as tf.Tensor, [-1, tensor.shape[3] as number]);
    const thinned =
      down === 1 && across === 1
        ? x
        : tf.stridedSlice(x as tf.Tensor4D, [0, 0, 0, 0], x.shape, [1, down, across, 1]);
    const product = native.executeSingleOutput(
      'MatMul',
      [floatType(native), bool(native, 'transpose_a', true), bool(native, 'transpose_b', false)],
      [rows(thinned), rows(dy)],
    );
    return tf.reshape(product, filterShape);
  });
}

function visitedOf(size: number | undefined, stride: number): number {
  return Math.ceil((size ?? 0) / stride);
}

/** 1×1 windows get no padding of 'same' or 'valid'. */
function hasPadding({ pad }: ConvolutionAttributes): boolean {
  return typeof pad !== 'string' && [pad].flat(2).some((pixels) => pixels !== 0);
}

/**
 * The convolutions and their gradients with padding in numbers, which tfjs-node refuses although TensorFlow has it.
 *
 * What tfjs-node accepts goes to its own kernels, which are asked for when this function is called.
 */
export function nativeConvolutions(): tf.KernelConfig[] {
  return convolutions.map(({ operation, depthwise, inputs: order }) => {
    const stock = tf.getKernel(operation, 'tensorflow').kernelFunc;
    return {
      kernelName: operation,
      backendName: 'tensorflow',
      kernelFunc: (call) => {
        const { inputs, backend, attrs } = call;
        const given = inputs as Readonly<Record<string, tf.TensorInfo>>;
        const attributesGiven = attrs as unknown as ConvolutionAttributes;
        const { pad, dataFormat } = attributesGiven;
        const product = operation === 'Conv2DBackpropFilter' && filterGradientAsProduct(call);
        if (product) return product;
        if (typeof pad === 'string' || pad === 0 || dataFormat === 'NCHW') return stock(call);
        const info = convolutionSizes(attributesGiven, given, depthwise);
        const native = backend as NativeBackend;
        return tf.tidy(() =>
          native.executeSingleOutput(operation, attributes(native, info), order(given, info)),
        );
      },
    };
  });
}
