import { type Conventions, costOf, paperConventions } from '../conventions.js';
import { assertOptions } from './assert-options.js';
import { checkedWork } from './checked-work.js';
import { convolutionCounters } from './convolution-counters.js';
import type { LayerCall, LayerCounter } from './layer-call.js';
import { type PlacedCall, layerCalls } from './layer-calls.js';
import {
  type LayerLike,
  type LayersModelLike,
  type ModelShape,
  isGraphModel,
  isModel,
} from './layers-model-like.js';
import { otherCounters } from './other-counters.js';
import { recurrentCounters } from './recurrent-counters.js';

/** Settings of {@link countLayersModel}. */
export interface CountLayersModelOptions {
  /** What to count; `controllers` has no effect here. @defaultValue `paperConventions` */
  readonly conventions?: Conventions | undefined;
  /** Shape of each input for one image, without the batch: `[[224, 224, 3]]`. @defaultValue those of the model */
  readonly inputShapes?: readonly (readonly number[])[] | undefined;
  /** Your own counters, by class name. They take precedence over those of this package. */
  readonly counters?: { readonly [className: string]: LayerCounter } | undefined;
}

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

const builtIn: { readonly [className: string]: LayerCounter } = {
  ...convolutionCounters,
  ...recurrentCounters,
  ...otherCounters,
};

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
  assertOptions(options);
  const { conventions = paperConventions, counters = {} } = options;
  const layers: ModelLayerCount[] = [];
  const unknown: UnknownLayer[] = [];
  const counted = new Set<LayerLike>();
  let macs = 0;
  let parameters = 0;
  const calls = layerCalls(model, inputShapesOf(model, options.inputShapes));
  assertPixels(calls);
  for (const placed of calls) {
    const call = callOf(placed);
    const row: UnknownLayer = {
      path: placed.path,
      className: call.className,
      outShape: call.outputShapes[0] ?? [],
      parameters: counted.has(placed.layer) ? 0 : parametersOf(call),
    };
    counted.add(placed.layer);
    parameters += row.parameters;
    const work = counterOf(call.className, counters)?.(call);
    if (work === undefined) {
      unknown.push(row);
      continue;
    }
    const cost = known(placed.times, placed.path) * costOf(checkedWork(work, call), conventions);
    layers.push({ ...row, macs: cost });
    macs += cost;
  }
  return { name: model.name, conventions, layers, unknown, macs, parameters };
}

function inputShapesOf(
  model: LayersModelLike,
  given: readonly (readonly number[])[] | undefined,
): ModelShape[] {
  if (isGraphModel(model)) {
    throw new TypeError(
      'model: expected a tf.LayersModel, got a tf.GraphModel. Count it with countGraphModel.',
    );
  }
  if (!isModel(model) || model.outputs.length === 0) {
    throw new TypeError(
      'model: expected a built tf.LayersModel with inputs and outputs, got something else. ' +
        'Give the first layer of a tf.sequential an inputShape, or call build.',
    );
  }
  if (given && given.length !== model.inputs.length) {
    throw new RangeError(
      `inputShapes: expected ${model.inputs.length}, one for each input, got ${given.length}`,
    );
  }
  return model.inputs.map(({ shape, sourceLayer }, i) => {
    const own = shape.slice(1);
    const sizes = given?.[i] ?? own;
    const fits =
      sizes.length === own.length && sizes.every((size, axis) => fitsAxis(size, own[axis] ?? null));
    if (!fits) {
      throw new RangeError(
        `inputShapes[${i}] (input ${sourceLayer.name}): expected whole numbers that fit [${own.map(String).join(', ')}] ` +
          `(null: any), got [${sizes.map(String).join(', ')}]. Pass inputShapes without the batch.`,
      );
    }
    return [null, ...sizes];
  });
}

/** tfjs-layers computes sizes below 1 where a window is larger than its map, and goes on with them. */
function assertPixels(calls: readonly PlacedCall[]): void {
  const [first, ...others] = calls.filter(({ outputShapes }) =>
    outputShapes.some((shape) => shape.slice(1).some((size) => size !== null && !(size >= 1))),
  );
  if (!first) return;
  const text = (shape: ModelShape = []): string => `[${shape.slice(1).map(String).join(', ')}]`;
  const after = others.map(({ path, outputShapes }) => `layer ${path} ${text(outputShapes[0])}`);
  const more = after.length > 5 ? ` and ${after.length - 5} more` : '';
  throw new RangeError(
    `layer ${first.path}: expected a map of at least 1 pixel, got ${text(first.outputShapes[0])} from ${text(first.inputShapes[0])}` +
      `${after.length > 0 ? `, and after it ${after.slice(0, 5).join(', ')}${more}` : ''}. Pass larger inputShapes.`,
  );
}

function fitsAxis(size: number | null, own: number | null): boolean {
  return Number.isSafeInteger(size) && (size as number) >= 1 && (own === null || size === own);
}

function callOf({ path, layer, inputShapes, outputShapes }: PlacedCall): LayerCall {
  const ofOneImage = ([, ...sizes]: ModelShape): number[] => sizes.map((size) => known(size, path));
  return {
    className: layer.getClassName(),
    name: layer.name,
    config: layer.getConfig() as Readonly<Record<string, unknown>>,
    inputShapes: inputShapes.map(ofOneImage),
    outputShapes: outputShapes.map(ofOneImage),
    weightShapes: layer.weights.map(({ shape }) => shape.map((size) => known(size, path))),
  };
}

function known(size: number | null, path: string): number {
  if (size !== null) return size;
  throw new RangeError(`layer ${path}: expected a known size on every axis, got null. Pass inputShapes.`);
}

function counterOf(
  className: string,
  own: { readonly [className: string]: LayerCounter },
): LayerCounter | undefined {
  for (const counters of [own, builtIn]) if (Object.hasOwn(counters, className)) return counters[className];
  return undefined;
}

/**
 * The weights of Bidirectional belong to its two directions; the last two of batch norm are its moving statistics.
 */
function parametersOf({ className, weightShapes }: LayerCall): number {
  if (className === 'Bidirectional') return 0;
  const own = className === 'BatchNormalization' ? weightShapes.slice(0, -2) : weightShapes;
  return own.reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
