import * as tf from '@tensorflow/tfjs-core';
import { type Shape, layers } from '@tensorflow/tfjs-layers';
import { assertOptions, assertTensors } from '../arguments.js';
import { layersError, shapeText } from '../layers-error.js';

/** Options of {@link gatedSum}. */
export interface GatedSumOptions {
  /** @defaultValue `gated_sum_1`, … */
  readonly name?: string | undefined;
}

const EXPECTED = 'a list of shortcut, gates [B, N], and N paths of the shape of the shortcut';
const REMEDY = 'Write gatedSum().apply([shortcut, gates, path0, path1]).';

/** The layer behind {@link gatedSum}: remembers the gates of a training step, for the resource loss. */
export class GatedSum extends layers.Layer {
  /** The class in saved models. */
  static readonly className = 'GatedSum';
  /** The gates of the training step that is being computed, on its tape. @internal */
  latestGates: tf.Tensor2D | undefined;
  /** While somebody observes: a copy of the gates of each call. The observer disposes them. @internal */
  observed: tf.Tensor2D[] | undefined;

  override apply(...args: Parameters<layers.Layer['apply']>): ReturnType<layers.Layer['apply']> {
    const [inputs] = args;
    assertTensors(this.name, inputs, EXPECTED, REMEDY);
    // tensors with numbers have no symbolic shape, and would fail within the sum
    this.computeOutputShape([inputs].flat().map(({ shape }) => shape));
    return super.apply(...args);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [shortcut, gates, ...paths] = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as Shape[];
    const counted = gates?.length === 2 && gates[1] === paths.length && paths.length > 0;
    const alike = paths.every((path) => path.slice(1).join() === shortcut?.slice(1).join());
    if (shortcut && counted && alike) return shortcut;
    throw layersError(
      `inputs of ${this.name}`,
      EXPECTED,
      ((Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as Shape[]).map(shapeText).join(' '),
      REMEDY,
    );
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { readonly training?: unknown }): tf.Tensor {
    return tf.tidy(() => {
      const [shortcut, gates, ...paths] = inputs as [tf.Tensor, tf.Tensor2D, ...tf.Tensor[]];
      this.latestGates = kwargs.training === true ? gates : undefined;
      this.observed?.push(tf.keep(tf.clone(gates)));
      const [images] = gates.shape;
      const ones = shortcut.shape.slice(1).map(() => 1);
      return paths.reduce((sum, path, n) => {
        const gate = tf.reshape(tf.slice(gates, [0, n], [-1, 1]), [images, ...ones]);
        return tf.add(sum, tf.mul(path, gate));
      }, shortcut);
    });
  }
}

/**
 * A layer that adds to a shortcut the paths whose gates are open: `[shortcut, gates, path0, …]` → shortcut + Σ g_n · path_n.
 *
 * Every path is computed, so that gates can be learned for any batch; what open gates would cost is counted
 * (`dynamicBlocks`), and `networkDataOf` turns a trained model into a network that computes only what is open.
 *
 * @throws DmnnError `DMNN_LAYERS` when applied to other tensors; TypeError for an option that there is not.
 * @see DMNN §3.2 Eq. 4
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { gatedSum } from '@dmnn/layers';
 *
 * await tf.setBackend('cpu');
 * const [shortcut, gates, ...paths] = [tf.ones([1, 2]), tf.tensor2d([[1, 0]]), tf.ones([1, 2]), tf.ones([1, 2])];
 * const sum = gatedSum().apply([shortcut, gates, ...paths] as tf.Tensor[]) as tf.Tensor;
 * console.log(sum.dataSync().join()); // => 2,2
 * ```
 */
export function gatedSum(options: GatedSumOptions = {}): GatedSum {
  assertOptions(options, ['name']);
  return new GatedSum(options as ConstructorParameters<typeof layers.Layer>[0]);
}
