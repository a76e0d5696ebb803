/** A shape as tfjs-layers writes it: the batch first, `null` for what is not known. */
export type ModelShape = (number | null)[];

/** What is used of a `tf.SymbolicTensor`. */
export interface SymbolicTensorLike {
  readonly id: number;
  readonly shape: ModelShape;
  /** The layer that gives it; at its call number `nodeIndex`, as output number `tensorIndex`. */
  readonly sourceLayer: LayerLike;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
  /** What that call took. */
  readonly inputs: readonly SymbolicTensorLike[];
}

/** What is used of a `tf.layers.Layer`. */
export interface LayerLike {
  readonly name: string;
  /** Kernels first, then biases, then what is not trained; empty before the layer is built. */
  readonly weights: readonly { readonly shape: ModelShape }[];
  /** `Conv2D`, `Dense`, …: what it is counted by. */
  getClassName(): string;
  /** What it was made with. */
  getConfig(): object;
  /** The shape of what it makes of an input of that shape. */
  computeOutputShape(inputShape: ModelShape | ModelShape[]): ModelShape | ModelShape[];
}

/** What is used of a `tf.LayersModel` or a built `tf.Sequential`. Any version of tfjs-layers that has it will do. */
export interface LayersModelLike {
  readonly name: string;
  readonly inputs: readonly SymbolicTensorLike[];
  readonly outputs: readonly SymbolicTensorLike[];
}

/** A layer that is a model itself. */
export function isModel(layer: LayerLike | LayersModelLike): layer is LayerLike & LayersModelLike {
  const { inputs, outputs } = layer as Partial<LayersModelLike>;
  return Array.isArray(inputs) && Array.isArray(outputs);
}
