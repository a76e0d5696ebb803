import type * as tf from '@tensorflow/tfjs-core';

import { backendError } from '../backend/backend-error.js';
import { type ConvolutionAttributes, convolutionSizes } from '../convolution-attributes.js';
import { addressOf, newOutput } from '../backend/wasm-memory.js';
import type { WasmKernel, WasmKernelCall } from './wasm-kernel.js';
import type { ScratchFunction, WorkFunction } from './wasm-module.js';
import { type ImageRun, runsForThreads, runsOf, wasmPool, type WasmPool } from './wasm-pool.js';

type Info = tf.backend_util.Conv2DInfo;
type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** How one kernel of tfjs-core maps to a function of ours. */
interface Convolution {
  readonly kernelName: string;
  readonly depthwise: boolean;
  /** Its two inputs, in the function's order, and its output. */
  readonly tensors: readonly ['x' | 'dy', 'filter' | 'dy', 'x' | 'y' | 'filter'];
  readonly work: WorkFunction;
  readonly scratch: ScratchFunction;
  readonly scratchSizes: (info: Info) => number[];
  /** Everything after the batch. */
  readonly sizes: (info: Info) => number[];
}

const strides = (i: Info): number[] => [i.strideHeight, i.strideWidth];
const dilations = (i: Info): number[] => [i.dilationHeight, i.dilationWidth];
const kernel = (i: Info): number[] => [i.filterHeight, i.filterWidth];
const padding = (i: Info): number[] => [i.padInfo.top, i.padInfo.left];
const output = (i: Info): number[] => [i.outHeight, i.outWidth, i.outChannels];
const input = (i: Info): number[] => [i.inHeight, i.inWidth, i.inChannels];
const undilated = (i: Info): number[] => [...input(i), ...output(i), ...kernel(i), ...strides(i)];
const depthwiseSizes = (i: Info): number[] => [
  ...input(i),
  i.outHeight,
  i.outWidth,
  i.outChannels / i.inChannels,
  ...kernel(i),
  ...strides(i),
  ...dilations(i),
];

const convolution: Convolution = {
  kernelName: 'Conv2D',
  depthwise: false,
  tensors: ['x', 'filter', 'y'],
  work: 'convolution',
  scratch: 'convolutionScratch',
  scratchSizes: (i) => [i.inChannels, ...output(i), ...kernel(i), ...strides(i), ...dilations(i)],
  sizes: (i) => [...undilated(i), ...dilations(i), ...padding(i)],
};

const inputGradient: Convolution = {
  kernelName: 'Conv2DBackpropInput',
  depthwise: false,
  tensors: ['dy', 'filter', 'x'],
  work: 'inputGradient',
  scratch: 'inputGradientScratch',
  scratchSizes: (i) => [...undilated(i), ...padding(i)],
  sizes: (i) => [...undilated(i), ...padding(i)],
};

const filterGradient: Convolution = {
  kernelName: 'Conv2DBackpropFilter',
  depthwise: false,
  tensors: ['x', 'dy', 'filter'],
  work: 'filterGradient',
  scratch: 'filterGradientScratch',
  scratchSizes: (i) => [i.inChannels, ...output(i), ...kernel(i), ...strides(i)],
  sizes: (i) => [...undilated(i), ...padding(i)],
};

const depthwiseInputGradient: Convolution = {
  kernelName: 'DepthwiseConv2dNativeBackpropInput',
  depthwise: true,
  tensors: ['dy', 'filter', 'x'],
  work: 'depthwiseInputGradient',
  scratch: 'depthwiseInputScratch',
  scratchSizes: (i) => [...input(i), i.outChannels / i.inChannels],
  sizes: (i) => [...depthwiseSizes(i), ...padding(i)],
};

const depthwiseFilterGradient: Convolution = {
  kernelName: 'DepthwiseConv2dNativeBackpropFilter',
  depthwise: true,
  tensors: ['x', 'dy', 'filter'],
  work: 'depthwiseFilterGradient',
  scratch: 'depthwiseFilterScratch',
  scratchSizes: depthwiseSizes,
  sizes: (i) => [...depthwiseSizes(i), ...padding(i)],
};

/** Bytes of one image of a tensor; 0 for a filter, which all images share. */
function imageBytes(tensor: Convolution['tensors'][number], info: Info): number {
  switch (tensor) {
    case 'x':
      return 4 * info.inHeight * info.inWidth * info.inChannels;
    case 'y':
    case 'dy':
      return 4 * info.outHeight * info.outWidth * info.outChannels;
    case 'filter':
      return 0;
  }
}

/**
 * How many partial sums make a filter's gradient. It depends on the shapes alone, so that the result is the same on
 * any number of threads.
 */
function partialSums(info: Info, filterSize: number): number {
  const affordable = Math.max(2, Math.floor((1 << 20) / filterSize));
  return Math.min(8, affordable, info.batchSize);
}

/** Runs the function once for each run of images. */
function runOver(
  { work, scratch, scratchSizes, sizes, tensors }: Convolution,
  pool: WasmPool,
  info: Info,
  addresses: readonly [number, number, number],
  runs: readonly ImageRun[],
  outStep: number,
): void {
  const [a, b, out] = addresses;
  const [aStep, bStep] = [imageBytes(tensors[0], info), imageBytes(tensors[1], info)];
  const rest = sizes(info);
  pool.run(
    work,
    runs.map(({ first, images }, p) => [
      a + first * aStep,
      b + first * bStep,
      out + (tensors[2] === 'filter' ? p : first) * outStep,
      0,
      images,
      ...rest,
    ]),
    { argument: 3, bytes: pool.scratch(scratch, scratchSizes(info)) },
  );
}

function run(convolution: Convolution, { inputs, backend, attrs }: WasmKernelCall): tf.TensorInfo {
  const { kernelName, depthwise, tensors } = convolution;
  const attributes = attrs as unknown as ConvolutionAttributes;
  if (attributes.dataFormat === 'NCHW') {
    throw backendError(`${kernelName} on wasm: dataFormat: expected 'NHWC', got 'NCHW'.`);
  }
  const given = inputs as Inputs;
  const info = convolutionSizes(attributes, given, depthwise);
  const pool = wasmPool(backend);
  const [a, b] = [tensors[0], tensors[1]].map((name) => addressOf(backend, given[name] as tf.TensorInfo));
  const [from, by] = [a as number, b as number];
  if (tensors[2] !== 'filter') {
    const out = newOutput(backend, tensors[2] === 'x' ? info.inShape : info.outShape);
    const addresses = [from, by, addressOf(backend, out)] as const;
    runOver(
      convolution,
      pool,
      info,
      addresses,
      runsForThreads(info.batchSize, pool),
      imageBytes(tensors[2], info),
    );
    return out;
  }
  const filterSize = info.filterShape.reduce((product, size) => product * size, 1);
  const parts = partialSums(info, filterSize);
  const runs = runsOf(info.batchSize, parts);
  const out = newOutput(backend, info.filterShape);
  const sums = parts === 1 ? out : newOutput(backend, [parts, filterSize]);
  const addresses = [from, by, addressOf(backend, sums)] as const;
  runOver(convolution, pool, info, addresses, runs, 4 * filterSize);
  if (parts > 1) {
    pool.run('addParts', [[addresses[2], addressOf(backend, out), parts, filterSize]]);
    backend.disposeData(sums.dataId);
  }
  return out;
}

/** Convolutions and the gradients of convolutions and depth-wise convolutions, NHWC, any padding and stride. */
export const wasmConvolutions: readonly WasmKernel[] = [
  { kernelName: convolution.kernelName, kernelFunc: (call) => run(convolution, call) },
  { kernelName: inputGradient.kernelName, kernelFunc: (call) => run(inputGradient, call) },
  { kernelName: filterGradient.kernelName, kernelFunc: (call) => run(filterGradient, call) },
  { kernelName: depthwiseInputGradient.kernelName, kernelFunc: (call) => run(depthwiseInputGradient, call) },
  {
    kernelName: depthwiseFilterGradient.kernelName,
    kernelFunc: (call) => run(depthwiseFilterGradient, call),
  },
];
