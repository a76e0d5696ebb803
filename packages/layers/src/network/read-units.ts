import { type Activation, type ConvUnit, type Padding, convUnit } from '@dmnn/architecture';
import type { CountedCall, TensorSource } from '@dmnn/flops/layers-model';
import type { Float32Tensor } from '@dmnn/weights';
import type { layers as tfLayers } from '@tensorflow/tfjs-layers';
import { layersError } from '../layers-error.js';

/** A convolution unit of a model with its weights, by the last part of their names. */
export interface ReadUnit {
  readonly unit: ConvUnit;
  /** `weight`, `bias`, `gamma`, … */
  readonly weights: ReadonlyMap<string, Float32Tensor>;
}

/** The calls of a model, for readers that go from call to call. */
export class Graph {
  readonly #calls: readonly CountedCall[];
  readonly #readers = new Map<string, number[]>();

  constructor(calls: readonly CountedCall[]) {
    this.#calls = calls;
    calls.forEach(({ sources }, at) => {
      for (const key of new Set(sources.map(keyOf)))
        this.#readers.set(key, [...(this.#readers.get(key) ?? []), at]);
    });
  }

  call(at: number): CountedCall {
    return this.#calls[at] as CountedCall;
  }

  /** The calls that read a tensor, in execution order. */
  readersOf(source: TensorSource): readonly number[] {
    return this.#readers.get(keyOf(source)) ?? [];
  }

  /** The calls from one tensor to another, where each has one input; undefined if they do not lead there. */
  between(from: TensorSource, to: TensorSource): number[] | undefined {
    const found: number[] = [];
    let source = to;
    while (keyOf(source) !== keyOf(from)) {
      if (source.kind === 'input') return undefined;
      const { sources } = this.call(source.call);
      found.unshift(source.call);
      if (sources.length !== 1) return undefined;
      source = sources[0] as TensorSource;
    }
    return found;
  }
}

const keyOf = (source: TensorSource): string =>
  source.kind === 'input' ? `input ${source.index}` : `call ${source.call} ${source.output}`;

/** Layers that do nothing when a model is used. */
export const idle: ReadonlySet<string> = new Set([
  'Dropout',
  'SpatialDropout2D',
  'GaussianNoise',
  'GaussianDropout',
  'AlphaDropout',
]);

/**
 * Reads a sequence of layers as convolution units: padding, convolution, batch norm, activation.
 *
 * @throws DmnnError `DMNN_LAYERS` naming the first layer that has no place in a unit
 */
export function readUnits(calls: readonly CountedCall[]): ReadUnit[] {
  const units: ReadUnit[] = [];
  const open = calls.filter(({ className }) => !idle.has(className));
  while (open.length > 0) {
    const padding = open[0]?.className === 'ZeroPadding2D' ? open.shift() : undefined;
    const convolution = open.shift();
    const isConvolution = convolution?.className === 'Conv2D' || convolution?.className === 'DepthwiseConv2D';
    if (!convolution || !isConvolution) throw unexpected(convolution ?? padding);
    const norm = open[0]?.className === 'BatchNormalization' ? open.shift() : undefined;
    const own = activationOf(convolution);
    if (norm && own !== 'none') throw unexpected(norm, 'a batch norm before the activation');
    const next = open[0] && own === 'none' ? rectifierOf(open[0]) : undefined;
    if (next !== undefined) open.shift();
    units.push(unitOf(convolution, padding, norm, next ?? own));
  }
  return units;
}

function unexpected(call: CountedCall | undefined, expected = 'a convolution'): Error {
  return layersError(
    `layer ${call?.path ?? 'at the end'}`,
    `${expected}, as the networks of the zoo have it`,
    call?.className ?? 'nothing',
    'networkDataOf reads ResNets and MobileNetV2s: convolutions with batch norm and ReLU, blocks joined by Add or gatedSum.',
  );
}

/** The activation that a layer is; undefined if it is none that an architecture has. */
export function rectifierOf({ className, layer }: CountedCall): Activation | undefined {
  const config = layer.getConfig() as Readonly<Record<string, unknown>>;
  if (className === 'ReLU' || className === 'BoundedReLU') {
    const most = config['maxValue'] ?? null;
    if ((config['negativeSlope'] ?? 0) !== 0 || (config['threshold'] ?? 0) !== 0) return undefined;
    return most === null ? 'relu' : most === 6 ? 'relu6' : undefined;
  }
  return className === 'Activation' ? named[String(config['activation'])] : undefined;
}

const named: { readonly [name: string]: Activation } = {
  linear: 'none',
  relu: 'relu',
  relu6: 'relu6',
  hardSwish: 'hard-swish',
};

/** The activation with which a layer ends. */
export function activationOf({ path, layer }: CountedCall): Activation {
  const { activation = 'linear' } = layer.getConfig() as { activation?: string };
  const found = named[activation];
  if (found !== undefined) return found;
  throw layersError(`activation of ${path}`, Object.keys(named).join(', '), activation, 'Use one of these.');
}

function unitOf(
  convolution: CountedCall,
  padding: CountedCall | undefined,
  norm: CountedCall | undefined,
  activation: Activation,
): ReadUnit {
  const { path, layer, className } = convolution;
  const config = layer.getConfig() as Readonly<Record<string, unknown>>;
  const [kernel, bias] = valuesOf(layer);
  if (!kernel) throw unexpected(convolution, 'a built convolution');
  const [kernelSize = 0, width = 0, inputs = 0, outputs = 0] = kernel.shape;
  const [stride = 1, across = 1] = [config['strides'] ?? 1].flat() as number[];
  const dilated = ([config['dilationRate'] ?? 1].flat() as number[]).some((rate) => rate !== 1);
  const multiplied = className === 'DepthwiseConv2D' && outputs !== 1;
  if (kernelSize !== width || stride !== across || dilated || multiplied) {
    throw unexpected(convolution, 'a square convolution, without dilation or depth multiplier');
  }
  const depthwise = className === 'DepthwiseConv2D';
  const outChannels = depthwise ? inputs : outputs;
  const weight = depthwise ? { ...kernel, shape: [kernelSize, kernelSize, 1, inputs] } : kernel;
  const weights = new Map<string, Float32Tensor>([['weight', weight]]);
  if (norm) for (const [name, value] of normWeights(norm, bias, outChannels)) weights.set(name, value);
  else if (bias) weights.set('bias', bias);
  return {
    unit: convUnit(kernelSize, inputs, outChannels, {
      stride,
      padding: paddingOf(path, String(config['padding']), kernelSize, padding),
      groups: depthwise ? inputs : 1,
      bias: bias !== undefined && norm === undefined,
      batchNorm: norm !== undefined,
      ...(norm ? { epsilon: (norm.layer.getConfig() as { epsilon: number }).epsilon } : {}),
      activation,
    }),
    weights,
  };
}

/**
 * Padding of a window, with the zeros of a layer before it.
 *
 * @throws DmnnError `DMNN_LAYERS` if there are both zeros of a layer and TensorFlow's own
 */
export function paddingOf(
  path: string,
  kind: string,
  kernelSize: number,
  before: CountedCall | undefined,
): Padding {
  const [top = 0, bottom = 0, left = 0, right = 0] = before ? sidesOf(before) : [];
  if (kind === 'valid' || kernelSize === 1) return { top, bottom, left, right };
  if (kind === 'same' && top + bottom + left + right === 0) return 'same';
  throw layersError(
    `padding of ${path}`,
    "zeros by a layer before it or padding 'same'",
    `'${kind}' after zeros of ${String(before?.path)}`,
    "Convolve with padding: 'valid' after tf.layers.zeroPadding2d.",
  );
}

/** Top, bottom, left, right. */
function sidesOf({ layer }: CountedCall): number[] {
  const { padding } = layer.getConfig() as { padding: number | number[] | number[][] };
  if (typeof padding === 'number') return [padding, padding, padding, padding];
  return padding.flatMap((sides) => (typeof sides === 'number' ? [sides, sides] : sides));
}

/**
 * Batch norm as an architecture has it. The bias of the convolution before it is put into the mean: the same numbers.
 */
function normWeights(
  norm: CountedCall,
  bias: Float32Tensor | undefined,
  channels: number,
): Map<string, Float32Tensor> {
  const { scale, center } = norm.layer.getConfig() as { scale: boolean; center: boolean };
  const values = valuesOf(norm.layer);
  const constant = (value: number): Float32Tensor => ({
    dtype: 'F32',
    shape: [channels],
    data: new Float32Array(channels).fill(value),
  });
  const gamma = scale ? (values.shift() as Float32Tensor) : constant(1);
  const beta = center ? (values.shift() as Float32Tensor) : constant(0);
  const [mean, variance] = values as [Float32Tensor, Float32Tensor];
  const shifted = (tensor: Float32Tensor, by: (channel: number) => number): Float32Tensor => ({
    ...tensor,
    data: tensor.data.map((value, channel) => value + by(channel)),
  });
  return new Map([
    ['gamma', gamma],
    ['beta', beta],
    [MOVING_MEAN, bias ? shifted(mean, (channel) => -(bias.data[channel] as number)) : mean],
    [MOVING_VARIANCE, variance],
  ]);
}

const MOVING_MEAN = 'movingMean';
const MOVING_VARIANCE = 'movingVariance';

/** The weights of a layer as plain arrays. */
export function valuesOf(layer: CountedCall['layer']): Float32Tensor[] {
  return (layer as unknown as tfLayers.Layer).weights.map((variable) => {
    const tensor = variable.read();
    return { dtype: 'F32', shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) };
  });
}
