import type { Work } from '../conventions.js';
import { activationOperationsOf } from './activation-operations.js';
import { type LayerCall, type LayerCounter, inputsOf, outputsOf, volume } from './layer-call.js';

const nothing: LayerCounter = () => ({});
const perOutput =
  (operations: number): LayerCounter =>
  (call) => ({ activationOperations: operations * outputsOf(call) });

/** Layers without a kernel: normalisation, activations, pooling, sums, and layers that only move values. */
export const otherCounters: { readonly [className: string]: LayerCounter } = {
  // at inference a scale and a shift
  BatchNormalization: (call) => ({ batchNormOperations: 2 * outputsOf(call) }),
  // sum, subtract, square, sum, divide, scale, shift
  LayerNormalization: (call) => ({ batchNormOperations: 7 * outputsOf(call) }),

  Activation: (call) => activation(call, call.config['activation']),
  ELU: (call) => activation(call, 'elu'),
  ReLU: (call) => activation(call, typeof call.config['maxValue'] === 'number' ? 'relu6' : 'relu'),
  Softmax: (call) => activation(call, 'softmax'),
  // compare, multiply
  LeakyReLU: perOutput(2),
  PReLU: perOutput(2),
  ThresholdedReLU: perOutput(2),
  Masking: perOutput(2),
  // multiply, add
  Rescaling: perOutput(2),

  MaxPooling1D: maxPool,
  MaxPooling2D: maxPool,
  MaxPooling3D: maxPool,
  AveragePooling1D: averagePool,
  AveragePooling2D: averagePool,
  AveragePooling3D: averagePool,
  GlobalAveragePooling1D: (call) => ({ activationOperations: inputsOf(call) }),
  GlobalAveragePooling2D: (call) => ({ activationOperations: inputsOf(call) }),
  GlobalMaxPooling1D: (call) => ({ activationOperations: inputsOf(call) - outputsOf(call) }),
  GlobalMaxPooling2D: (call) => ({ activationOperations: inputsOf(call) - outputsOf(call) }),

  Add: merge(0),
  Multiply: merge(0),
  Maximum: merge(0),
  Minimum: merge(0),
  Average: merge(1), // a division
  // merging the two directions, which are counted separately
  Bidirectional: (call) => perOutput(mergeModes[String(call.config['mergeMode'])] ?? 0)(call),

  UpSampling2D: resized,
  Resizing: resized,

  // they move, crop, repeat or look up values, or do nothing at inference
  Flatten: nothing,
  Reshape: nothing,
  Permute: nothing,
  RepeatVector: nothing,
  Concatenate: nothing,
  ZeroPadding2D: nothing,
  Cropping2D: nothing,
  CenterCrop: nothing,
  Embedding: nothing,
  Dropout: nothing,
  SpatialDropout1D: nothing,
  AlphaDropout: nothing,
  GaussianDropout: nothing,
  GaussianNoise: nothing,
};

/** Operations per output for merging two directions; concatenation is free. */
const mergeModes: { readonly [mode: string]: number } = { sum: 1, mul: 1, ave: 2 };

function activation(call: LayerCall, name: unknown): Work | undefined {
  const operations = activationOperationsOf(name);
  return operations === undefined ? undefined : { activationOperations: operations * outputsOf(call) };
}

/** Finding the largest of k values takes k − 1 comparisons. */
function maxPool(call: LayerCall): Work {
  return { activationOperations: (windowOf(call) - 1) * outputsOf(call) };
}

/** The mean of k values takes k − 1 additions and a division. */
function averagePool(call: LayerCall): Work {
  return { activationOperations: windowOf(call) * outputsOf(call) };
}

function windowOf({ config }: LayerCall): number {
  const size = config['poolSize'] as number | readonly number[];
  return typeof size === 'number' ? size : volume(size);
}

/** Merging k inputs takes k − 1 operations per output, plus `after`. */
function merge(after: number): LayerCounter {
  return (call) => perOutput(call.inputShapes.length - 1 + after)(call);
}

/** Bilinear: three interpolations between two values, each a difference, a product and a sum. Nearest only copies. */
function resized(call: LayerCall): Work | undefined {
  return perOutput(call.config['interpolation'] === 'bilinear' ? 9 : 0)(call);
}
