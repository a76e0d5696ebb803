import type { Attribute, Initialiser, OnnxGraph, OnnxNode, OnnxValue } from './onnx-graph.js';

/**
 * Builds a graph node by node, in execution order.
 *
 * Names are unique across a graph and all its branches, since a branch must not shadow a name of the enclosing graph.
 */
export class GraphBuilder {
  #nodes: OnnxNode[] = [];
  #initialisers: Initialiser[] = [];
  readonly #taken: Map<string, number>;
  readonly #outermost: GraphBuilder;
  readonly #prefix: string;

  constructor(around?: GraphBuilder, prefix?: string) {
    this.#taken = around ? around.#taken : new Map<string, number>();
    this.#outermost = around ? around.#outermost : this;
    this.#prefix = prefix ?? (around ? around.#prefix : '');
  }

  /** Returns an unused name: `base` after the builder's prefix, or that and a number. */
  unique(base: string): string {
    return this.#unused(`${this.#prefix}${base}`);
  }

  #unused(base: string): string {
    const times = this.#taken.get(base) ?? 0;
    this.#taken.set(base, times + 1);
    return times === 0 ? base : `${base}_${times}`;
  }

  /** Adds an operation with one output and returns the output's name. */
  node(
    operation: string,
    name: string,
    inputs: readonly string[],
    attributes: { readonly [name: string]: Attribute } = {},
    domain?: string,
  ): string {
    return this.nodes(operation, name, inputs, 1, attributes, domain)[0] as string;
  }

  /** Adds an operation with several outputs and returns their names. */
  nodes(
    operation: string,
    name: string,
    inputs: readonly string[],
    outputs: number,
    attributes: { readonly [name: string]: Attribute } = {},
    domain?: string,
  ): string[] {
    const own = this.unique(name);
    const names = Array.from({ length: outputs }, (_, i) =>
      outputs === 1 ? own : this.#unused(`${own}.${i}`),
    );
    this.#nodes.push({
      name: own,
      operation,
      domain,
      inputs,
      outputs: names,
      attributes,
    });
    return names;
  }

  /** Adds a constant and returns its name. */
  initialiser(
    name: string,
    shape: readonly number[],
    data: Initialiser['data'],
    type?: Initialiser['type'],
  ): string {
    const own = this.unique(name);
    this.#initialisers.push({ name: own, shape, data, ...(type && { type }) });
    return own;
  }

  /** Adds a constant to the outermost graph, where it is visible to all branches, and returns its name. */
  shared(name: string, shape: readonly number[], data: Initialiser['data']): string {
    const own = this.unique(name);
    this.#outermost.#initialisers.push({ name: own, shape, data });
    return own;
  }

  /** The same graph, in which names that are added get a prefix: networks of one file have equal names. */
  prefixed(prefix: string): GraphBuilder {
    const same = new GraphBuilder(this, prefix);
    same.#nodes = this.#nodes;
    same.#initialisers = this.#initialisers;
    return same;
  }

  /** Creates a builder for a branch, with separate nodes and constants but unique names after the same prefix. */
  branch(): GraphBuilder {
    return new GraphBuilder(this);
  }

  /** Returns the graph built so far. */
  graph(name: string, inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): OnnxGraph {
    return { name, nodes: [...this.#nodes], initialisers: [...this.#initialisers], inputs, outputs };
  }
}
