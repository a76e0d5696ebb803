import { type Conventions, paperConventions } from '../conventions.js';
import { type CountLayersModelOptions, countLayerCalls } from './count-layer-calls.js';
import type { LayersModelLike } from './layers-model-like.js';

/** Cost and parameters of one call of a layer. */
export interface ModelLayerCount {
  /** Its name, preceded by those of the enclosing models and wrappers: `encoder/conv1`. */
  readonly path: string;
  /** `Conv2D`, `Dense`, … */
  readonly className: string;
  /** Shape of its output for one image (the first output, if there are several). */
  readonly outShape: readonly number[];
  readonly macs: number;
  /** 0 for the second and later calls of a shared layer. */
  readonly parameters: number;
}

/** A layer of unknown cost, which is not in the sum. */
export type UnknownLayer = Omit<ModelLayerCount, 'macs'>;

/** Cost and parameters of a `tf.LayersModel`. */
export interface LayersModelCount {
  readonly name: string;
  readonly conventions: Conventions;
  /** In a valid execution order; a shared layer appears once per call. */
  readonly layers: readonly ModelLayerCount[];
  /** Layers of classes without a counter. If there are any, `macs` is too small: pass `counters`. */
  readonly unknown: readonly UnknownLayer[];
  /** Of one image, in the convention's unit. */
  readonly macs: number;
  /** Weights, biases, gamma and beta of batch norm; without its moving statistics. Unknown layers are included. */
  readonly parameters: number;
}

/**
 * Counts the cost of one image and the parameters of a `tf.LayersModel` or a built `tf.Sequential`.
 *
 * Nested models and shared layers are followed through the model's graph; recurrent layers count every step of their
 * sequence. Layers of unknown classes are listed in `unknown` rather than counted as zero.
 *
 * No tensor library is imported: the model only needs the members of {@link LayersModelLike}.
 *
 * @throws TypeError if `model` is not a built model; `countGraphModel` counts a `tf.GraphModel`
 * @throws RangeError if the size of an input is unknown (pass `inputShapes`), a map has no pixels, or a counter returns an
 *   invalid number
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { countLayersModel } from '@dmnn/flops/layers-model';
 *
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 8, kernelSize: 3, padding: 'same' }),
 *     tf.layers.globalAveragePooling2d({}),
 *     tf.layers.dense({ units: 10 }),
 *   ],
 * });
 * const count = countLayersModel(model);
 * console.log(count.macs, count.parameters, count.unknown.length); // => 221264 314 0
 * ```
 */
export function countLayersModel(
  model: LayersModelLike,
  options: CountLayersModelOptions = {},
): LayersModelCount {
  const { calls } = countLayerCalls(model, options);
  const { conventions = paperConventions } = options;
  const layers: ModelLayerCount[] = [];
  const unknown: UnknownLayer[] = [];
  for (const { path, className, outShape, parameters, macs } of calls) {
    const row: UnknownLayer = { path, className, outShape, parameters };
    if (macs === undefined) unknown.push(row);
    else layers.push({ ...row, macs });
  }
  return {
    name: model.name,
    conventions,
    layers,
    unknown,
    macs: layers.reduce((sum, { macs }) => sum + macs, 0),
    parameters: calls.reduce((sum, { parameters }) => sum + parameters, 0),
  };
}
