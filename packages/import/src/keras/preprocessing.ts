import type { KerasFileLayer } from './keras-file.js';
import { notHere } from './layer-graph.js';

/**
 * How Keras's `preprocess_input` prepares images: `caffe` is blue, green, red from 0 to 255 less ImageNet's means; `tf` is from
 * −1 to 1; `torch` is 0 to 1 less ImageNet's means, divided by its deviations.
 */
export type KerasPreprocessing = 'caffe' | 'tf' | 'torch';

/** {@link KerasPreprocessing}, as a list. */
export const kerasPreprocessing: readonly KerasPreprocessing[] = ['caffe', 'tf', 'torch'];

/** Preprocessing in our terms: of red, green and blue from 0 to 1. */
export interface Normalisation {
  readonly channelMeans: readonly number[];
  readonly channelDeviations: readonly number[];
  /** Whether the network takes blue first; its first convolution is turned round. */
  readonly isBgr: boolean;
}

// keras.applications.imagenet_utils, mode 'caffe': means of blue, green and red from 0 to 255
const CAFFE_BGR = [103.939, 116.779, 123.68] as const;

/** What a mode of Keras's `preprocess_input` is on pixels from 0 to 1. */
export const normalisations: { readonly [mode in KerasPreprocessing]: Normalisation } = {
  caffe: {
    channelMeans: [...CAFFE_BGR].reverse().map((mean) => mean / 255),
    channelDeviations: [1 / 255, 1 / 255, 1 / 255],
    isBgr: true,
  },
  tf: { channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.5, 0.5, 0.5], isBgr: false },
  torch: {
    channelMeans: [0.485, 0.456, 0.406],
    channelDeviations: [0.229, 0.224, 0.225],
    isBgr: false,
  },
};

/**
 * The preprocessing of the application that a model is, by the names of its layers; undefined if it is none of them.
 *
 * @see `keras.applications.resnet.preprocess_input`, `keras.applications.mobilenet_v2.preprocess_input`
 */
export function applicationOf(
  layers: readonly KerasFileLayer[],
): { readonly name: string; readonly mode: KerasPreprocessing } | undefined {
  const names = new Set(layers.map(({ name }) => name.slice(name.lastIndexOf('/') + 1)));
  const has = (...wanted: readonly string[]) => wanted.every((name) => names.has(name));
  if (has('conv1_conv', 'conv1_bn', 'conv2_block1_1_conv', 'conv2_block1_0_conv'))
    return { name: 'ResNet', mode: 'caffe' };
  if (has('Conv1', 'bn_Conv1', 'expanded_conv_depthwise', 'Conv_1'))
    return { name: 'MobileNetV2', mode: 'tf' };
  return undefined;
}

/**
 * A layer `scale · x + offset` on pixels from 0 to 255, as means and deviations of pixels from 0 to 1.
 *
 * @param layer - `Rescaling`
 * @param before - of what the layer gets; none if it gets the image
 */
export function rescaled(
  layer: KerasFileLayer,
  before: { readonly scale: readonly number[]; readonly offset: readonly number[] } = {
    scale: [255, 255, 255],
    offset: [0, 0, 0],
  },
): { readonly scale: number[]; readonly offset: number[] } {
  const scale = three(layer, layer.config['scale']);
  const offset = three(layer, layer.config['offset'] ?? 0);
  return {
    scale: before.scale.map((value, c) => value * (scale[c] as number)),
    offset: before.offset.map((value, c) => value * (scale[c] as number) + (offset[c] as number)),
  };
}

function three(layer: KerasFileLayer, value: unknown): number[] {
  const numbers = Array.isArray(value) ? (value as unknown[]) : [value, value, value];
  if (numbers.length === 3 && numbers.every((each) => Number.isFinite(each))) return numbers as number[];
  throw notHere(layer, `numbers for three channels, got ${JSON.stringify(value)}`);
}

/** `scale · x + offset` on pixels from 0 to 1 as `(x − mean) / deviation`. */
export function normalisationOf(
  layer: KerasFileLayer,
  { scale, offset }: { readonly scale: readonly number[]; readonly offset: readonly number[] },
): Normalisation {
  const channelDeviations = scale.map((value) => 1 / value);
  const channelMeans = offset.map((value, c) => 0 - value * (channelDeviations[c] as number));
  const fits = channelDeviations.every((value) => value > 0 && value <= 1);
  if (fits && channelMeans.every((mean) => mean >= 0 && mean <= 1))
    return { channelMeans, channelDeviations, isBgr: false };
  throw notHere(layer, 'means from 0 to 1 and deviations above 0 to 1 of pixels from 0 to 1');
}
