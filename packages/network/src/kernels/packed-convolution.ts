import {
  type Activation,
  type Clip,
  type SlidingWindow,
  activations,
  isClip,
  paddingSides,
  windowOutSizePx,
} from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.js';
import { numbered, runKernel } from './custom-operation.js';
import { spatialMean } from './spatial-mean.js';

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

/** One convolution of {@link packedSum}. */
interface PackedPath {
  /** `[R, H, W, Cin]`. */
  readonly x: tf.Tensor4D;
  readonly filter: PackedFilter;
  /** `[B]`, int32: for each row of the sum, the row of x that is added to it; −1 for none. Given for all paths or for none. */
  readonly placed?: tf.Tensor1D | undefined;
}

/** What {@link packedSum} adds up. */
export interface PackedSum {
  /** At least one; their windows are equal, and so are their numbers of output channels. */
  readonly paths: readonly PackedPath[];
  readonly window: SlidingWindow;
  readonly activation: Activation;
  /** `[B, H', W', Cout]`. */
  readonly shortcut: tf.Tensor4D | undefined;
  /** Whether to return the mean over height and width. */
  readonly pooled: boolean;
  /**
   * Whether the result may take the memory of `shortcut`, and of every tensor that shares it: the caller then must only
   * dispose of them. Images that no path adds to then cost next to nothing.
   */
  readonly overwrites: boolean;
}

/**
 * activation(shortcut + Σ_p (convolution_p(x_p) + bias_p)), by the kernel `DmnnConvolution`: no convolution's own result is
 * ever stored. For passes without a tape.
 *
 * Inputs of `DmnnConvolution`: x0 …, packed0 …, bias0 …, then shortcut, taken, placed0 … where there are any; outputs: y, and
 * its mean if requested.
 *
 * @returns map: `[B, H', W', Cout]`. **Without a shortcut, rows that no path adds to have arbitrary values**, NaN included.
 *   mean: `[B, Cout]`, undefined unless requested. The caller disposes both.
 */
export function packedSum(sum: PackedSum): { map: tf.Tensor4D; mean: tf.Tensor2D | undefined } {
  const { paths, window, activation, shortcut, pooled, overwrites } = sum;
  if (!isClip(activation)) {
    return tf.tidy(() => {
      const map = activate(packedSum({ ...sum, activation: 'none', pooled: false }).map, activation);
      return { map, mean: pooled ? spatialMean(map) : undefined };
    });
  }
  const lists = paths.flatMap(({ placed }) => placed ?? []);
  const [map, mean] = run(paths, window, activation, {
    inputs: { ...(shortcut && { shortcut }), ...numbered('placed', lists) },
    attributes: { placed: lists.length, pooled, overwrites: overwrites && shortcut !== undefined },
  });
  return { map: map as tf.Tensor4D, mean: mean as tf.Tensor2D | undefined };
}

/**
 * activation(convolution(x) + bias), by the kernel `DmnnConvolution`, see {@link packedSum}. For passes without a tape.
 *
 * @param x - `[B, H, W, Cin]`
 * @param taken - `[R]`, int32: the rows of x that are convolved, and no others
 * @returns `[B, H', W', Cout]`, or `[R, H', W', Cout]`; the caller disposes it
 */
export function packedConvolution(
  x: tf.Tensor4D,
  filter: PackedFilter,
  window: SlidingWindow,
  activation: Activation,
  taken?: tf.Tensor1D,
): tf.Tensor4D {
  if (!isClip(activation)) {
    return tf.tidy(() => activate(packedConvolution(x, filter, window, 'none', taken), activation));
  }
  const [y] = run([{ x, filter }], window, activation, {
    inputs: { ...(taken && { taken }) },
    attributes: { placed: 0, pooled: false, overwrites: false },
  });
  return y as tf.Tensor4D;
}

function run(
  paths: readonly PackedPath[],
  window: SlidingWindow,
  activation: Clip,
  more: { readonly inputs: { [name: string]: tf.Tensor }; readonly attributes: tf.NamedAttrMap },
): tf.Tensor[] {
  const [, height, width] = (paths[0] as PackedPath).x.shape;
  const { top, left } = paddingSides(window, height, width);
  const list = (name: string, of: (path: PackedPath) => tf.Tensor) => numbered(name, paths.map(of));
  return runKernel(
    'DmnnConvolution',
    {
      ...list('x', ({ x }) => x),
      ...list('packed', ({ filter }) => filter.packed),
      ...list('bias', ({ filter }) => filter.bias),
      ...more.inputs,
    },
    {
      ...more.attributes,
      paths: paths.length,
      kernelSize: window.kernelSize,
      stride: window.stride,
      before: [top, left], // what is needed after follows from the sizes
      outSizes: [windowOutSizePx(height, window), windowOutSizePx(width, window)],
      bounds: [...activations[activation].range],
    },
  );
}
