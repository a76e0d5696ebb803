/** A tensor of a model's weights; only small ones are read, which hold shapes and axes. */
export interface GraphWeightLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Its values, in order. */
  dataSync(): ArrayLike<unknown>;
}

/** The members used of a `tf.GraphModel`, besides its graph. */
export interface GraphModelLike {
  /** Shapes start with the batch; −1 or null for unknown sizes. */
  readonly inputs: readonly {
    readonly name: string;
    readonly shape?: readonly (number | null)[] | undefined;
  }[];
  /** By node. */
  readonly weights: { readonly [node: string]: readonly GraphWeightLike[] };
}

/** A node of a graph, with its attributes read. */
export interface GraphNodeLike {
  readonly name: string;
  /** `Conv2D`, `_FusedMatMul`, …: selects the operation. */
  readonly op: string;
  /** `name`, or `name:1` for another output than the first. */
  readonly inputNames: readonly string[];
  readonly attrParams: { readonly [name: string]: { readonly value?: unknown } };
}

/** A loaded graph. */
export interface GraphLike {
  readonly nodes: { readonly [name: string]: GraphNodeLike };
  readonly outputs: readonly GraphNodeLike[];
}

/**
 * The graph of a loaded `tf.GraphModel`.
 *
 * @returns undefined for anything else
 */
export function graphOf(model: unknown): GraphLike | undefined {
  // tfjs has no public member for it; this one has been there since its first version
  const graph = (model as { executor?: { graph?: Partial<GraphLike> } } | null | undefined)?.executor?.graph;
  return typeof graph?.nodes === 'object' && Array.isArray(graph.outputs) ? (graph as GraphLike) : undefined;
}
