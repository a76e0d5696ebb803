import type { Shortcut } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { type ConvLayer, type MapLayer, convLayer } from './conv-layer.js';
import type { LayerVariables } from './layer-variables.js';

/** A block's shortcut with its variables. */
export interface ShortcutLayer {
  readonly run: MapLayer;
  /** Its convolution, if it is a projection. */
  readonly projection?: ConvLayer;
}

/**
 * A block's shortcut. The identity returns `x` itself, not a copy.
 *
 * @returns undefined if the block has none
 */
export function shortcutLayer(
  path: string,
  shortcut: Shortcut,
  parameters: LayerVariables,
): ShortcutLayer | undefined {
  switch (shortcut.kind) {
    case 'identity':
      return { run: (x) => x };
    case 'projection':
      return projectionLayer(convLayer(path, shortcut.unit, parameters));
    case 'pad':
      return { run: (x) => padded(x, shortcut.stride, shortcut.outChannels) };
    case 'none':
      return undefined;
    default:
      return shortcut satisfies never;
  }
}

function projectionLayer(projection: ConvLayer): ShortcutLayer {
  return { run: projection.run, projection };
}

/** Every `stride`-th pixel, and zeros for the new channels: half on each side, the odd one after. He et al. 2016, option A. */
function padded(x: tf.Tensor4D, stride: number, outChannels: number): tf.Tensor4D {
  const channels = x.shape[3];
  const before = Math.floor((outChannels - channels) / 2);
  return tf.tidy(() => tf.pad(thinned(x, stride), [...whole(3), [before, outChannels - channels - before]]));
}

/** Every `stride`-th pixel from 0, by operations that all have gradients: strided slices have none. */
function thinned(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return x;
  const [images, height, width, channels] = x.shape;
  const rows = Math.ceil(height / stride);
  const columns = Math.ceil(width / stride);
  const even = tf.pad(x, [
    ...whole(1),
    [0, rows * stride - height],
    [0, columns * stride - width],
    ...whole(1),
  ]);
  const grouped = tf.reshape(even, [images * rows, stride, columns, stride * channels]);
  const first = tf.slice(grouped, [0, 0, 0, 0], [images * rows, 1, columns, channels]);
  return tf.reshape(first, [images, rows, columns, channels]);
}

/** No padding, for this number of axes. */
function whole(axes: number): [number, number][] {
  return Array.from({ length: axes }, () => [0, 0]);
}
