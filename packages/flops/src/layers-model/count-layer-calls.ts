import { type Conventions, costOf, paperConventions } from '../conventions.js';
import { assertOptions } from './assert-options.js';
import { checkedWork } from './checked-work.js';
import { convolutionCounters } from './convolution-counters.js';
import type { LayerCall, LayerCounter } from './layer-call.js';
import { type PlacedCall, type TensorSource, layerCalls } from './layer-calls.js';
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

/** One call of a layer that does work itself, with its cost and its place in the graph of the model. */
export interface CountedCall {
  /** Its name, preceded by those of the enclosing models and wrappers: `encoder/conv1`. */
  readonly path: string;
  /** `Conv2D`, `Dense`, … */
  readonly className: string;
  readonly layer: LayerLike;
  /** Shape of its output for one image (the first output, if there are several). */
  readonly outShape: readonly number[];
  /** Of one image, in the convention's unit; absent if the class of the layer has no counter. */
  readonly macs?: number;
  /** 0 for the second and later calls of a shared layer. */
  readonly parameters: number;
  /** Where its inputs come from, across the bounds of nested models. */
  readonly sources: readonly TensorSource[];
}

/** The calls of a model as a graph. */
export interface CountedCalls {
  /** In a valid execution order; those of a shared layer are several. */
  readonly calls: readonly CountedCall[];
  /** Where each output of the model comes from. */
  readonly outputs: readonly TensorSource[];
}

const builtIn: { readonly [className: string]: LayerCounter } = {
  ...convolutionCounters,
  ...recurrentCounters,
  ...otherCounters,
};

/**
 * Counts each call of a `tf.LayersModel`'s layers, and says which call reads the results of which: what runs only for
 * one branch of a model can be summed up. Nested models are expanded. See `countLayersModel`, which sums everything.
 *
 * @throws TypeError and RangeError as `countLayersModel`
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { countLayerCalls } from '@dmnn/flops/layers-model';
 *
 * const image = tf.input({ shape: [8, 8, 3] });
 * const map = tf.layers.conv2d({ filters: 3, kernelSize: 1 }).apply(image) as tf.SymbolicTensor;
 * const sum = tf.layers.add().apply([image, map]) as tf.SymbolicTensor;
 * const { calls } = countLayerCalls(tf.model({ inputs: image, outputs: sum }));
 * console.log(calls.map(({ className, macs }) => `${className} ${macs}`).join()); // => Conv2D 576,Add 0
 * console.log(calls[1]?.sources.map(({ kind }) => kind).join()); // => input,call
 * ```
 */
export function countLayerCalls(model: LayersModelLike, options: CountLayersModelOptions = {}): CountedCalls {
  assertOptions(options);
  const { conventions = paperConventions, counters = {} } = options;
  const counted = new Set<LayerLike>();
  const { calls, outputs } = layerCalls(model, inputShapesOf(model, options.inputShapes));
  assertPixels(calls);
  const rows = calls.map((placed): CountedCall => {
    const { path, layer, sources } = placed;
    const call = callOf(placed);
    const work = counterOf(call.className, counters)?.(call);
    const row = {
      path,
      className: call.className,
      layer,
      outShape: call.outputShapes[0] ?? [],
      parameters: counted.has(layer) ? 0 : parametersOf(call),
      sources,
    };
    counted.add(layer);
    if (work === undefined) return row;
    return { ...row, macs: known(placed.times, path) * costOf(checkedWork(work, call), conventions) };
  });
  return { calls: rows, outputs };
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
