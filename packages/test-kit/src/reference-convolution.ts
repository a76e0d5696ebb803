import * as tf from '@tensorflow/tfjs-core';
import { type KernelInputs, bounded } from './reference-norm-sum.js';

/** Settings of `DmnnConvolution`. */
export interface ConvolutionSettings {
  /** How many convolutions are added up. */
  readonly paths: number;
  /** How many lists of rows there are: none, or one for each path. */
  readonly placed: number;
  /** Whether the mean over pixels is returned, too. */
  readonly pooled: boolean;
  /** Whether the result may take the memory of `shortcut`. */
  readonly overwrites: boolean;
  readonly kernelSize: number;
  readonly stride: number;
  /** Pixels of padding above and at the left. */
  readonly before: readonly [top: number, left: number];
  readonly outSizes: readonly [number, number];
  /** Bounds of the result; infinite if there are none. */
  readonly bounds: readonly [low: number, high: number];
}

/** `DmnnPackFilter` in plain JavaScript: `{filter}` → the same, because no layout is faster here. */
export function referencePackFilter(inputs: KernelInputs): tf.Tensor {
  return tf.clone(inputs['filter'] as tf.Tensor);
}

/**
 * `DmnnConvolution` in plain JavaScript and float64: `{x0 …, packed0 …, bias0 …, shortcut?, taken?, placed0 … ?}` → y, and its mean
 * over pixels if that is requested.
 *
 * Rows without a result hold NaN, and so does a shortcut that is overwritten, which exposes code that reads them.
 */
export function referenceConvolution(inputs: KernelInputs, settings: ConvolutionSettings): tf.Tensor[] {
  const { paths, placed, pooled, outSizes, bounds } = settings;
  const { shortcut, taken } = inputs;
  const listed = (tensor: tf.Tensor | undefined) => tensor && [...tensor.dataSync<'int32'>()];
  const sources = Array.from({ length: paths }, (_, p) => {
    const [x, packed, bias] = [inputs[`x${p}`], inputs[`packed${p}`], inputs[`bias${p}`]];
    if (!x || !packed || !bias) throw new Error(`DmnnConvolution: expected x${p}, packed${p} and bias${p}`);
    const from = listed(taken) ?? Array.from({ length: x.shape[0] }, (_, b) => b);
    return {
      convolved: convolutionsOf(x, packed, settings),
      offsets: bias.dataSync<'float32'>(),
      // by row of y, the row of x; undefined if it has none
      rows: placed > 0 ? listed(inputs[`placed${p}`])?.map((place) => from[place]) : from,
    };
  });
  const [height, width] = outSizes;
  const [count, channels] = [sources[0]?.rows?.length ?? 0, sources[0]?.offsets.length ?? 0];
  const shape = [count, height, width, channels];
  const values = new Float32Array(tf.util.sizeFromShape(shape)).fill(NaN);
  const means = new Float32Array(count * channels).fill(NaN);
  const added = shortcut?.dataSync<'float32'>();
  for (let row = 0; row < count; row++) {
    const own = sources.filter(({ rows }) => rows?.[row] !== undefined);
    if (own.length === 0 && !added) continue;
    for (let c = 0; c < channels; c++) {
      let total = 0;
      for (let pixel = 0; pixel < height * width; pixel++) {
        const i = (row * height * width + pixel) * channels + c;
        let sum = added?.[i] ?? 0;
        for (const { convolved, offsets, rows } of own) {
          const image = rows?.[row] as number;
          sum += convolved(image, Math.floor(pixel / width), pixel % width, c) + (offsets[c] as number);
        }
        values[i] = bounded(sum, bounds);
        total += values[i];
      }
      means[row * channels + c] = total / (height * width);
    }
  }
  if (settings.overwrites) added?.fill(NaN);
  const y = tf.tensor(values, shape, 'float32');
  return pooled ? [y, tf.tensor(means, [count, channels], 'float32')] : [y];
}

/** `(image, i, j, c)` → one number of the convolution. */
function convolutionsOf(
  x: tf.Tensor,
  filter: tf.Tensor,
  { kernelSize, stride, before: [top, left] }: ConvolutionSettings,
): (image: number, i: number, j: number, c: number) => number {
  const [, height, width, inChannels] = x.shape as [number, number, number, number];
  const outChannels = filter.shape[3] as number;
  const [numbers, weights] = [x.dataSync<'float32'>(), filter.dataSync<'float32'>()];
  return (image, i, j, c) => {
    let sum = 0;
    for (let k = 0; k < kernelSize * kernelSize; k++) {
      const row = i * stride + Math.floor(k / kernelSize) - top;
      const column = j * stride + (k % kernelSize) - left;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      for (let d = 0; d < inChannels; d++) {
        const number = numbers[((image * height + row) * width + column) * inChannels + d] as number;
        sum += number * (weights[(k * inChannels + d) * outChannels + c] as number);
      }
    }
    return sum;
  };
}
