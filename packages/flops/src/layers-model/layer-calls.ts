import {
  type LayerLike,
  type LayersModelLike,
  type ModelShape,
  type SymbolicTensorLike,
  isModel,
} from './layers-model-like.js';

/** Where a tensor comes from: an input of the model, or the result of a call. */
export type TensorSource =
  | { readonly kind: 'input'; readonly index: number }
  /** `call`: its place in the list of calls; `output`: which of its results. */
  | { readonly kind: 'call'; readonly call: number; readonly output: number };

/** A call of a layer that does work itself: models and wrappers are expanded. Shapes start with the batch. */
export interface PlacedCall {
  /** Names of the enclosing models and wrappers, then its own name: `encoder/conv1`. */
  readonly path: string;
  readonly layer: LayerLike;
  readonly inputShapes: readonly ModelShape[];
  readonly outputShapes: readonly ModelShape[];
  /** Where each input comes from, across the bounds of nested models. */
  readonly sources: readonly TensorSource[];
  /** Number of times that it runs for one image: the steps of the enclosing sequences. */
  readonly times: number | null;
}

/** All calls of a model. */
export interface PlacedCalls {
  /** In a valid execution order. */
  readonly calls: readonly PlacedCall[];
  /** Where each output of the model comes from. */
  readonly outputs: readonly TensorSource[];
}

/** The position of a traversal: the prefix of the names, and the number of times that everything there runs. */
interface Place {
  readonly prefix: string;
  readonly times: number | null;
}

/** A tensor of one traversal. */
interface Placed {
  readonly shape: ModelShape;
  readonly source: TensorSource;
}

/**
 * Calls of a model's layers, in a valid execution order.
 *
 * Only calls that lead to the model's outputs are listed, because a layer may have been called elsewhere too. Sizes
 * are recomputed from the inputs, because a nested model may be called with sizes other than those it was built with.
 *
 * @param inputShapes - one for each input, starting with the batch
 */
export function layerCalls(model: LayersModelLike, inputShapes: readonly ModelShape[]): PlacedCalls {
  const calls: PlacedCall[] = [];
  const inputs = inputShapes.map((shape, index): Placed => ({ shape, source: { kind: 'input', index } }));
  const outputs = callModel(model, inputs, { prefix: '', times: 1 }, calls);
  return { calls, outputs: outputs.map(({ source }) => source) };
}

/** Adds the calls of a model to `calls`. @returns its outputs */
function callModel(
  model: LayersModelLike,
  inputs: readonly Placed[],
  place: Place,
  calls: PlacedCall[],
): readonly Placed[] {
  const given = new Map(model.inputs.map(({ id }, i) => [id, inputs[i]]));
  const done = new Map<LayerLike, Map<number, readonly Placed[]>>();

  const tensorOf = (tensor: SymbolicTensorLike): Placed => {
    const input = given.get(tensor.id);
    if (input) return input;
    const { sourceLayer, nodeIndex, tensorIndex } = tensor;
    const nodes = done.get(sourceLayer) ?? new Map<number, readonly Placed[]>();
    done.set(sourceLayer, nodes);
    let results = nodes.get(nodeIndex);
    if (!results) {
      results = callLayer(sourceLayer, tensor.inputs.map(tensorOf), place, calls);
      nodes.set(nodeIndex, results);
    }
    const { source } = results[0] as Placed;
    return results[tensorIndex] ?? { shape: tensor.shape, source };
  };
  return model.outputs.map(tensorOf);
}

/** Adds a call of a layer to `calls`, or the calls of what it encloses. @returns its results */
function callLayer(
  layer: LayerLike,
  inputs: readonly Placed[],
  place: Place,
  calls: PlacedCall[],
): readonly Placed[] {
  const path = `${place.prefix}${layer.name}`;
  const inside: Place = { prefix: `${path}/`, times: place.times };
  if (isModel(layer)) return callModel(layer, inputs, inside, calls);

  const inputShapes = inputs.map(({ shape }) => shape);
  const outputShapes = computedShapes(layer, inputShapes);
  const [first] = inputs;
  const results = (call: number): Placed[] =>
    outputShapes.map((shape, output) => ({ shape, source: { kind: 'call', call, output } }));
  switch (layer.getClassName()) {
    case 'TimeDistributed': {
      const [batch = null, steps = null, ...rest] = first?.shape ?? [];
      const times = steps === null || place.times === null ? null : steps * place.times;
      const inner = (layer as unknown as { layer: LayerLike }).layer;
      const step = first ? [{ ...first, shape: [batch, ...rest] }] : [];
      callLayer(inner, step, { ...inside, times }, calls);
      return results(calls.length - 1); // the last of its calls stands for the whole
    }
    case 'Bidirectional': {
      const { forwardLayer, backwardLayer } = layer as unknown as Record<string, LayerLike>;
      for (const direction of [forwardLayer, backwardLayer])
        if (direction && first) callLayer(direction, [first], inside, calls);
    }
  }
  const sources = inputs.map(({ source }) => source);
  calls.push({ path, layer, inputShapes, outputShapes, sources, times: place.times });
  return results(calls.length - 1);
}

function computedShapes(layer: LayerLike, inputShapes: readonly ModelShape[]): readonly ModelShape[] {
  const [only] = inputShapes;
  const argument = only && inputShapes.length === 1 ? [...only] : inputShapes.map((shape) => [...shape]);
  const shapes = layer.computeOutputShape(argument);
  return isList(shapes) ? shapes : [shapes];
}

function isList(shapes: ModelShape | ModelShape[]): shapes is ModelShape[] {
  return Array.isArray(shapes[0]);
}
