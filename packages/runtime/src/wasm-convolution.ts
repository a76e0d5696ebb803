import type * as tf from '@tensorflow/tfjs-core';

import { BackendError } from './backend-error.js';
import { type ConvolutionAttributes, convolutionSizes } from './convolution-attributes.js';
import { addressOf, newOutput, withScratch, type WasmBackend } from './wasm-backend.js';
import { wasmModule, type WasmModule } from './wasm-module.js';

type Info = tf.backend_util.Conv2DInfo;
type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** How one kernel of tfjs-core maps to a function of ours. */
interface Convolution {
  readonly kernelName: string;
  readonly depthwise: boolean;
  /** The two inputs, in the function's order. */
  readonly inputs: readonly [string, string];
  readonly outShape: (info: Info) => number[];
  readonly scratch: (module: WasmModule, info: Info) => number;
  readonly run: (module: WasmModule, addresses: readonly number[], info: Info) => void;
}

const strides = (i: Info): number[] => [i.strideHeight, i.strideWidth];
const dilations = (i: Info): number[] => [i.dilationHeight, i.dilationWidth];
const kernel = (i: Info): number[] => [i.filterHeight, i.filterWidth];
const padding = (i: Info): number[] => [i.padInfo.top, i.padInfo.left];
const input = (i: Info): number[] => [i.inHeight, i.inWidth, i.inChannels];
const output = (i: Info): number[] => [i.outHeight, i.outWidth];
/** Everything but the batch, in the order that the undilated functions take. */
const sizes = (i: Info): number[] => [...input(i), ...output(i), i.outChannels, ...kernel(i), ...strides(i)];
const depthwiseSizes = (i: Info): number[] => [
  ...input(i),
  ...output(i),
  i.outChannels / i.inChannels,
  ...kernel(i),
  ...strides(i),
  ...dilations(i),
];

const convolutions: readonly Convolution[] = [
  {
    kernelName: 'Conv2D',
    depthwise: false,
    inputs: ['x', 'filter'],
    outShape: (i) => i.outShape,
    scratch: (m, i) =>
      m.convolutionScratch(i.inChannels, ...output(i), i.outChannels, ...kernel(i), ...strides(i), ...dilations(i)),
    run: (m, at, i) => {
      m.convolution(...at, i.batchSize, ...sizes(i), ...dilations(i), ...padding(i));
    },
  },
  {
    kernelName: 'Conv2DBackpropInput',
    depthwise: false,
    inputs: ['dy', 'filter'],
    outShape: (i) => i.inShape,
    scratch: (m, i) => m.inputGradientScratch(...sizes(i), ...padding(i)),
    run: (m, at, i) => {
      m.inputGradient(...at, i.batchSize, ...sizes(i), ...padding(i));
    },
  },
  {
    kernelName: 'Conv2DBackpropFilter',
    depthwise: false,
    inputs: ['x', 'dy'],
    outShape: (i) => i.filterShape,
    scratch: (m, i) =>
      m.filterGradientScratch(i.inChannels, ...output(i), i.outChannels, ...kernel(i), ...strides(i)),
    run: (m, at, i) => {
      m.filterGradient(...at, i.batchSize, ...sizes(i), ...padding(i));
    },
  },
  {
    kernelName: 'DepthwiseConv2dNativeBackpropInput',
    depthwise: true,
    inputs: ['dy', 'filter'],
    outShape: (i) => i.inShape,
    scratch: (m, i) => m.depthwiseInputScratch(...input(i), i.outChannels / i.inChannels),
    run: (m, at, i) => {
      m.depthwiseInputGradient(...at, i.batchSize, ...depthwiseSizes(i), ...padding(i));
    },
  },
  {
    kernelName: 'DepthwiseConv2dNativeBackpropFilter',
    depthwise: true,
    inputs: ['x', 'dy'],
    outShape: (i) => i.filterShape,
    scratch: (m, i) => m.depthwiseFilterScratch(...depthwiseSizes(i)),
    run: (m, at, i) => {
      m.depthwiseFilterGradient(...at, i.batchSize, ...depthwiseSizes(i), ...padding(i));
    },
  },
];

/** Convolutions and the gradients of convolutions and depth-wise convolutions, NHWC, any padding and stride. */
export function wasmConvolutions(): tf.KernelConfig[] {
  return convolutions.map(({ kernelName, depthwise, inputs: names, outShape, scratch, run }) => ({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const attributes = attrs as unknown as ConvolutionAttributes;
      if (attributes.dataFormat === 'NCHW') {
        throw new BackendError(`${kernelName} on wasm: dataFormat: expected 'NHWC', got 'NCHW'.`);
      }
      const wasm = backend as WasmBackend;
      const given = inputs as Inputs;
      const info = convolutionSizes(attributes, given, depthwise);
      const module = wasmModule(wasm);
      const out = newOutput(wasm, outShape(info));
      const [first, second] = names.map((name) => addressOf(wasm, given[name] as tf.TensorInfo));
      withScratch(wasm, scratch(module, info), (address) => {
        run(module, [first as number, second as number, addressOf(wasm, out), address], info);
      });
      return out;
    },
  }));
}
