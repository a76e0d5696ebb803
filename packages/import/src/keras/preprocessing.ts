import type { KerasFileLayer } from './keras-file.js';
import type { ImagePreprocessing, Normalisation } from '../preprocessing.js';
import { notHere } from './layer-graph.js';

/**
 * The preprocessing of the application that a model is, by the names of its layers; undefined if it is none of them.
 *
 * @see `keras.applications.resnet.preprocess_input`, `keras.applications.mobilenet_v2.preprocess_input`
 */
export function applicationOf(
  layers: readonly KerasFileLayer[],
): { readonly name: string; readonly mode: ImagePreprocessing } | undefined {
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
