import {
  type Activation,
  type SlidingWindow,
  activations,
  isClip,
  paddingSides,
  windowOutSizePx,
} from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.js';
import { runKernel } from './custom-operation.js';

/** A filter as the kernel `DmnnConvolution` reads it, with its bias. */
export interface PackedFilter {
  /** In the backend's own layout. */
  readonly packed: tf.Tensor;
  /** `[Cout]`. */
  readonly bias: tf.Tensor1D;
}

/**
 * Lays out a filter for repeated calls, by the kernel `DmnnPackFilter`: filter → packed.
 *
 * @param filter - `[k, k, Cin, Cout]`, not grouped
 * @returns a tensor that only the current backend can use
 */
export function packFilter(filter: tf.Tensor4D): tf.Tensor {
  return runKernel('DmnnPackFilter', { filter })[0] as tf.Tensor;
}

/** What {@link packedConvolution} takes in addition to an image, its filter and its window. */
export interface PackedConvolutionInputs {
  /** Added before the activation; of the result's shape. */
  readonly shortcut?: tf.Tensor4D | undefined;
  /** `[R]`, int32: the rows of x that are convolved, and no others. */
  readonly taken?: tf.Tensor1D | undefined;
  /** `[B]`, int32: for each row of the result, which of the convolved images it holds; −1 for none. */
  readonly placed?: tf.Tensor1D | undefined;
}

/**
 * activation(convolution(x) + bias + shortcut), by the kernel `DmnnConvolution`: x, packed, bias, and shortcut, taken,
 * placed where present → y. For passes without a tape.
 *
 * @param x - `[B, H, W, Cin]`
 * @returns `[B, H', W', Cout]`; the caller disposes it. **Rows that hold no image have arbitrary values**, NaN
 *   included: use `placed` only if nothing reads these rows, such as {@link normSum} with gates of 0 there.
 */
export function packedConvolution(
  x: tf.Tensor4D,
  { packed, bias }: PackedFilter,
  window: SlidingWindow,
  activation: Activation,
  more: PackedConvolutionInputs = {},
): tf.Tensor4D {
  if (!isClip(activation)) {
    return tf.tidy(() => activate(packedConvolution(x, { packed, bias }, window, 'none', more), activation));
  }
  const { shortcut, taken, placed } = more;
  const [, height, width] = x.shape;
  const { top, left } = paddingSides(window, height, width);
  const [y] = runKernel(
    'DmnnConvolution',
    { x, packed, bias, ...(shortcut && { shortcut }), ...(taken && { taken }), ...(placed && { placed }) },
    {
      kernelSize: window.kernelSize,
      stride: window.stride,
      before: [top, left], // what is needed after follows from the sizes
      outSizes: [windowOutSizePx(height, window), windowOutSizePx(width, window)],
      bounds: [...activations[activation].range],
    },
  );
  return y as tf.Tensor4D;
}
