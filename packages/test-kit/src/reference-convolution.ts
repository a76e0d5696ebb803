import * as tf from '@tensorflow/tfjs-core';
import { type KernelInputs, bounded } from './reference-norm-sum.js';

/** Settings of `DmnnConvolution`. */
export interface ConvolutionSettings {
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
 * `DmnnConvolution` in plain JavaScript and float64: `{x, packed, bias, shortcut?, taken?, placed?}` → y.
 *
 * Rows without a result hold NaN, which exposes code that reads them.
 */
export function referenceConvolution(inputs: KernelInputs, settings: ConvolutionSettings): tf.Tensor {
  const { x, packed, bias, shortcut, taken, placed } = inputs;
  if (!x || !packed || !bias) throw new Error('DmnnConvolution: expected x, packed and bias');
  const from = taken ? [...taken.dataSync<'int32'>()] : Array.from({ length: x.shape[0] }, (_, b) => b);
  const at = placed ? [...placed.dataSync<'int32'>()] : from.map((_, i) => i);
  const [height, width] = settings.outSizes;
  const channels = bias.shape[0];
  const shape = [at.length, height, width, channels];
  const values = new Float32Array(tf.util.sizeFromShape(shape)).fill(NaN);
  const convolved = convolutionsOf(x, packed, settings);
  const [offsets, added] = [bias.dataSync<'float32'>(), shortcut?.dataSync<'float32'>()];
  at.forEach((place, row) => {
    const image = from[place];
    if (image === undefined) return;
    for (let pixel = 0; pixel < height * width; pixel++) {
      for (let c = 0; c < channels; c++) {
        const i = (row * height * width + pixel) * channels + c;
        const sum =
          convolved(image, Math.floor(pixel / width), pixel % width, c) +
          (offsets[c] as number) +
          (added?.[i] ?? 0);
        values[i] = bounded(sum, settings.bounds);
      }
    }
  });
  return tf.tensor(values, shape, 'float32');
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
