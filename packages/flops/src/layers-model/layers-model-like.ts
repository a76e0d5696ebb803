/** A shape in tfjs-layers: the batch first, `null` for unknown sizes. */
export type ModelShape = (number | null)[];

/** The members used of a `tf.SymbolicTensor`. */
export interface SymbolicTensorLike {
  readonly id: number;
  readonly shape: ModelShape;
  /** The layer that produces it, in call number `nodeIndex`, as output number `tensorIndex`. */
  readonly sourceLayer: LayerLike;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
  /** The inputs of that call. */
  readonly inputs: readonly SymbolicTensorLike[];
}

/** The members used of a `tf.layers.Layer`. */
export interface LayerLike {
  readonly name: string;
  /** Kernels first, then biases, then weights that are not trained; empty before the layer is built. */
  readonly weights: readonly { readonly shape: ModelShape }[];
  /** `Conv2D`, `Dense`, …: selects the counter. */
  getClassName(): string;
  /** The layer's configuration. */
  getConfig(): object;
  /** The shape of its output for an input of that shape. */
  computeOutputShape(inputShape: ModelShape | ModelShape[]): ModelShape | ModelShape[];
}

/**
 * The members used of a `tf.LayersModel` or a built `tf.Sequential`. Works with any version of tfjs-layers that has
 * them.
 */
export interface LayersModelLike {
  readonly name: string;
  readonly inputs: readonly SymbolicTensorLike[];
  readonly outputs: readonly SymbolicTensorLike[];
}

/** A layer that is a model itself. */
export function isModel(layer: unknown): layer is LayerLike & LayersModelLike {
  const { inputs, outputs } = (layer ?? {}) as Partial<LayersModelLike>;
  return Array.isArray(inputs) && Array.isArray(outputs);
}

/** A `tf.GraphModel`, which has inputs and outputs, too, but no layers. */
export function isGraphModel(model: unknown): boolean {
  return typeof model === 'object' && model !== null && 'executor' in model;
}
