import {
  type LayerLike,
  type LayersModelLike,
  type ModelShape,
  type SymbolicTensorLike,
  isModel,
} from './layers-model-like.js';

/** A call of a layer that does work itself: models and wrappers are expanded. Shapes start with the batch. */
export interface PlacedCall {
  /** Names of the enclosing models and wrappers, then its own name: `encoder/conv1`. */
  readonly path: string;
  readonly layer: LayerLike;
  readonly inputShapes: readonly ModelShape[];
  readonly outputShapes: readonly ModelShape[];
  /** Number of times that it runs for one image: the steps of the enclosing sequences. */
  readonly times: number | null;
}

/** The position of a traversal: the prefix of the names, and the number of times that everything there runs. */
interface Place {
  readonly prefix: string;
  readonly times: number | null;
}

/**
 * Calls of a model's layers, in a valid execution order.
 *
 * Only calls that lead to the model's outputs are listed, because a layer may have been called elsewhere too. Sizes
 * are recomputed from the inputs, because a nested model may be called with sizes other than those it was built with.
 *
 * @param inputShapes - one for each input, starting with the batch
 */
export function layerCalls(model: LayersModelLike, inputShapes: readonly ModelShape[]): PlacedCall[] {
  return modelCalls(model, inputShapes, { prefix: '', times: 1 }).calls;
}

interface Calls {
  readonly calls: PlacedCall[];
  readonly outputShapes: readonly ModelShape[];
}

function modelCalls(model: LayersModelLike, inputShapes: readonly ModelShape[], place: Place): Calls {
  const calls: PlacedCall[] = [];
  const given = new Map(model.inputs.map(({ id }, i) => [id, inputShapes[i]]));
  const done = new Map<LayerLike, Map<number, readonly ModelShape[]>>();

  const shapeOf = (tensor: SymbolicTensorLike): ModelShape => {
    const shape = given.get(tensor.id);
    if (shape) return shape;
    const { sourceLayer, nodeIndex, tensorIndex } = tensor;
    const nodes = done.get(sourceLayer) ?? new Map<number, readonly ModelShape[]>();
    done.set(sourceLayer, nodes);
    let shapes = nodes.get(nodeIndex);
    if (!shapes) {
      const result = callLayer(sourceLayer, tensor.inputs.map(shapeOf), place);
      calls.push(...result.calls);
      shapes = result.outputShapes;
      nodes.set(nodeIndex, shapes);
    }
    return shapes[tensorIndex] ?? tensor.shape;
  };
  return { calls, outputShapes: model.outputs.map(shapeOf) };
}

function callLayer(layer: LayerLike, inputShapes: readonly ModelShape[], place: Place): Calls {
  const path = `${place.prefix}${layer.name}`;
  const inside: Place = { prefix: `${path}/`, times: place.times };
  if (isModel(layer)) return modelCalls(layer, inputShapes, inside);

  const outputShapes = computedShapes(layer, inputShapes);
  const own: PlacedCall = { path, layer, inputShapes, outputShapes, times: place.times };
  const [first = []] = inputShapes;
  switch (layer.getClassName()) {
    case 'TimeDistributed': {
      const [batch = null, steps = null, ...rest] = first;
      const times = steps === null || place.times === null ? null : steps * place.times;
      const inner = (layer as unknown as { layer: LayerLike }).layer;
      return { calls: callLayer(inner, [[batch, ...rest]], { ...inside, times }).calls, outputShapes };
    }
    case 'Bidirectional': {
      const { forwardLayer, backwardLayer } = layer as unknown as Record<string, LayerLike>;
      const directions = [forwardLayer, backwardLayer].flatMap((direction) =>
        direction ? callLayer(direction, [first], inside).calls : [],
      );
      return { calls: [...directions, own], outputShapes };
    }
    default:
      return { calls: [own], outputShapes };
  }
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
