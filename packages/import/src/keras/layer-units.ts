import { type Activation, type ConvUnit, type MaxPool, type Padding, convUnit } from '@dmnn/architecture';
import type { WeightTensor } from '@dmnn/weights';
import type { KerasFileLayer } from './keras-file.js';
import type { LayerGraph } from './layer-graph.js';
import { notHere } from './layer-graph.js';

/** A convolution unit of a model, with its numbers, and the layer at its end. */
export interface FoundUnit {
  readonly unit: ConvUnit;
  /** By the names of our variables without their path: `weight`, `gamma`, `movingMean`. */
  readonly numbers: ReadonlyMap<string, WeightTensor>;
  readonly end: string;
  /** The layer of the convolution. */
  readonly layer: KerasFileLayer;
  /** Whether the bias of its convolution went into its batch norm. */
  readonly absorbedBias: boolean;
}

/** Rows and columns of zeros: top, bottom, left, right. */
type Sides = readonly [number, number, number, number];
const NONE: Sides = [0, 0, 0, 0];

/**
 * The unit that begins after an output: zeros around the map, a convolution, a batch norm, an activation.
 *
 * @param start - the layer that takes the output; `ZeroPadding2D`, `Conv2D` or `DepthwiseConv2D`
 * @throws KerasFileError naming the layer if a setting is not known here
 */
export function unitFrom(graph: LayerGraph, start: KerasFileLayer, inChannels: number): FoundUnit {
  const sides = start.className === 'ZeroPadding2D' ? sidesOf(start) : NONE;
  const layer =
    start.className === 'ZeroPadding2D' ? graph.next(start.name, 'Conv2D', 'DepthwiseConv2D') : start;
  if (!layer || !/^(?:Conv2D|DepthwiseConv2D)$/.test(layer.className))
    throw notHere(layer ?? start, 'a convolution here');
  const norm = isLinear(layer) ? graph.next(layer.name, 'BatchNormalization') : undefined;
  const linear = norm ?? (isLinear(layer) ? layer : undefined);
  const after = linear && graph.next(linear.name, 'Activation', 'ReLU');
  const activation = linear ? (after ? activationOf(after) : 'none') : activationOf(layer);
  const unit = unitOf(layer, { inChannels, sides, activation, norm });
  const { numbers, absorbedBias } = numbersOf(layer, norm, unit);
  return { unit, numbers, end: (after ?? linear ?? layer).name, layer, absorbedBias };
}

/** The max pool that takes an output of nothing below 0, if there is one; zeros around such a map change no maximum. */
export function poolAfter(
  graph: LayerGraph,
  name: string,
  activation: Activation,
): { readonly pool: MaxPool; readonly end: string } | undefined {
  const zeros = graph.next(name, 'ZeroPadding2D');
  const layer = graph.next(zeros?.name ?? name, 'MaxPooling2D');
  if (!layer) return undefined;
  const kernelSize = square(layer, 'pool_size', layer.config['pool_size'] ?? 2);
  const stride = square(layer, 'strides', layer.config['strides'] ?? kernelSize);
  const sides = zeros ? sidesOf(zeros) : NONE;
  if (zeros && activation === 'none') throw notHere(zeros, 'a ReLU before zeros around a map for a maximum');
  const padding = paddingOf(layer, sides, { kernelSize, stride });
  return { pool: { kernelSize, stride, padding: plain(padding) }, end: layer.name };
}

interface UnitParts {
  readonly inChannels: number;
  readonly sides: Sides;
  readonly activation: Activation;
  readonly norm: KerasFileLayer | undefined;
}

function unitOf(layer: KerasFileLayer, { inChannels, sides, activation, norm }: UnitParts): ConvUnit {
  const { config, className } = layer;
  const isDepthwise = className === 'DepthwiseConv2D';
  const kernelSize = square(layer, 'kernel_size', config['kernel_size']);
  const stride = square(layer, 'strides', config['strides'] ?? 1);
  assertSetting(layer, 'dilation_rate', square(layer, 'dilation_rate', config['dilation_rate'] ?? 1), 1);
  assertSetting(layer, 'data_format', config['data_format'] ?? 'channels_last', 'channels_last');
  if (isDepthwise) assertSetting(layer, 'depth_multiplier', config['depth_multiplier'] ?? 1, 1);
  const outChannels = isDepthwise ? inChannels : whole(layer, 'filters', config['filters']);
  const groups = isDepthwise ? inChannels : whole(layer, 'groups', config['groups'] ?? 1);
  const hasBias = config['use_bias'] !== false;
  return convUnit(kernelSize, inChannels, outChannels, {
    stride,
    groups,
    padding: paddingOf(layer, sides, { kernelSize, stride }),
    activation,
    batchNorm: norm !== undefined,
    bias: hasBias && !norm,
    ...(norm ? { epsilon: epsilonOf(norm) } : {}),
  });
}

function epsilonOf(norm: KerasFileLayer): number {
  const { axis = -1, epsilon = 1e-3 } = norm.config;
  const axes: unknown = Array.isArray(axis) ? axis[0] : axis;
  if (axes !== -1 && axes !== 3) throw notHere(norm, `axis 3, the channels, got ${shortJson(axis)}`);
  if (typeof epsilon === 'number' && epsilon >= 0 && epsilon < 1) return epsilon;
  throw notHere(norm, `an epsilon from 0 to 1, got ${shortJson(epsilon)}`);
}

/**
 * A bias before a batch norm moves what the norm subtracts: γ (x + b − μ) / σ + β. Both are one variable here, so that the
 * network is that of the family, and trains and divides as it does.
 */
function numbersOf(
  layer: KerasFileLayer,
  norm: KerasFileLayer | undefined,
  { outChannels, groups, inChannels, kernelSize }: ConvUnit,
): Pick<FoundUnit, 'numbers' | 'absorbedBias'> {
  const kernelShape = [kernelSize, kernelSize, inChannels / groups, outChannels];
  const isDepthwise = layer.className === 'DepthwiseConv2D';
  // [k, k, C, 1] there: the same numbers in the same order
  const theirs = isDepthwise ? [kernelSize, kernelSize, inChannels, 1] : kernelShape;
  const numbers = new Map<string, WeightTensor>();
  numbers.set('weight', { ...weightOf(layer, 'kernel', theirs), shape: kernelShape });
  const bias = layer.config['use_bias'] === false ? undefined : weightOf(layer, 'bias', [outChannels]);
  if (!norm) {
    if (bias) numbers.set('bias', bias);
    return { numbers, absorbedBias: false };
  }
  const filled = (value: number): WeightTensor => ({
    dtype: 'F32',
    shape: [outChannels],
    data: new Float32Array(outChannels).fill(value),
  });
  const of = (name: string) => weightOf(norm, name, [outChannels]);
  numbers.set('gamma', norm.config['scale'] === false ? filled(1) : of('gamma'));
  numbers.set('beta', norm.config['center'] === false ? filled(0) : of('beta'));
  const mean = of('moving_mean');
  const shift = bias?.data as Float32Array | undefined;
  const data = Float32Array.from(mean.data as Float32Array, (value, i) => value - (shift?.[i] ?? 0));
  numbers.set('movingMean', { dtype: 'F32', shape: mean.shape, data });
  numbers.set('movingVariance', of('moving_variance'));
  return { numbers, absorbedBias: bias !== undefined };
}

/** @throws KerasFileError if the layer has no such weight of this shape, with finite numbers */
export function weightOf(layer: KerasFileLayer, name: string, shape: readonly number[]): WeightTensor {
  const tensor = layer.weights.get(name);
  const wanted = `${name} [${shape.join(', ')}]`;
  if (tensor?.shape.join() !== shape.join())
    throw notHere(layer, `${wanted}, got ${tensor ? `[${tensor.shape.slice(0, 8).join(', ')}]` : 'none'}`);
  const least = name === 'moving_variance' ? 0 : -Infinity;
  const at = (tensor.data as Float32Array).findIndex((value) => !Number.isFinite(value) || value < least);
  if (at >= 0)
    throw notHere(
      layer,
      `${wanted} of finite numbers${least === 0 ? ' ≥ 0' : ''}, got ${Number(tensor.data[at])} at index ${at}`,
    );
  return tensor;
}

function isLinear({ config }: KerasFileLayer): boolean {
  return (
    config['activation'] === undefined || config['activation'] === null || config['activation'] === 'linear'
  );
}

/**
 * The activation that a layer is, or ends with.
 *
 * @param others - what else would be taken, for the message
 */
export function activationOf(layer: KerasFileLayer, others = ''): Activation {
  const { config, className } = layer;
  if (className === 'ReLU') {
    const { max_value: most = null, negative_slope: slope = 0, threshold = 0 } = config;
    if ((slope === 0 || slope === null) && (threshold === 0 || threshold === null)) {
      if (most === null) return 'relu';
      if (most === 6) return 'relu6';
    }
    throw notHere(layer, 'a ReLU or ReLU6, without slope and threshold');
  }
  switch (config['activation']) {
    case 'linear':
      return 'none';
    case 'relu':
    case 'relu6':
      return config['activation'];
    case 'hard_swish':
    case 'hard_silu':
      return 'hard-swish';
    default:
      throw notHere(
        layer,
        `relu, relu6, hard_swish${others} or linear, got ${shortJson(config['activation'])}`,
      );
  }
}

function paddingOf(
  layer: KerasFileLayer,
  [top, bottom, left, right]: Sides,
  { kernelSize, stride }: { readonly kernelSize: number; readonly stride: number },
): Padding {
  const { padding = 'valid' } = layer.config;
  if (padding === 'valid') return { top, bottom, left, right };
  if (padding !== 'same') throw notHere(layer, `padding valid or same, got ${shortJson(padding)}`);
  if (top + bottom + left + right === 0 || kernelSize <= 1) {
    // a window no larger than its stride sees nothing beyond a map of whole strides, and of others what TensorFlow adds
    return kernelSize === 1 ? { top, bottom, left, right } : 'same';
  }
  throw notHere(layer, `zeros by a layer before it or padding same, got both (stride ${stride})`);
}

function plain(padding: Padding): Padding {
  if (typeof padding !== 'object') return padding;
  const { top, bottom, left, right } = padding;
  return top === bottom && top === left && top === right ? top : padding;
}

/** `[[top, bottom], [left, right]]`, `[height, width]` or one number. */
function sidesOf(layer: KerasFileLayer): Sides {
  const { padding = 1 } = layer.config;
  const [rows, columns] = Array.isArray(padding) ? (padding as unknown[]) : [padding, padding];
  const sides = [rows, columns].flatMap((side) => (Array.isArray(side) ? (side as unknown[]) : [side, side]));
  if (sides.length === 4 && sides.every((side) => Number.isSafeInteger(side) && (side as number) >= 0))
    return sides as unknown as Sides;
  throw notHere(layer, `zeros on four sides, got ${shortJson(padding)}`);
}

/** A number, or as many for height and width. */
function square(layer: KerasFileLayer, name: string, value: unknown): number {
  const [height, width = height] = Array.isArray(value) ? (value as unknown[]) : [value];
  if (height === width) return whole(layer, name, height);
  throw notHere(layer, `a ${name} of equal height and width, got ${shortJson(value)}`);
}

function whole(layer: KerasFileLayer, name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw notHere(layer, `${name} as a whole number from 1, got ${shortJson(value)}`);
}

function assertSetting(layer: KerasFileLayer, name: string, value: unknown, expected: unknown): void {
  if (value !== expected) throw notHere(layer, `${name} ${String(expected)}, got ${shortJson(value)}`);
}

function shortJson(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 100);
}
