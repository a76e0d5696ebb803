import type { Attribute, Initialiser, OnnxGraph, OnnxNode, OnnxValue } from './onnx-graph.js';

/**
 * Puts a graph together, node by node, in the order in which it runs.
 *
 * Names are unique over a graph and all its branches, since a branch may not hide a name of the graph around it.
 */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initialisers: Initialiser[] = [];
  readonly #taken: Map<string, number>;
  readonly #outermost: GraphBuilder;

  constructor(around?: GraphBuilder) {
    this.#taken = around ? around.#taken : new Map<string, number>();
    this.#outermost = around ? around.#outermost : this;
  }

  /** A name that nothing has yet: `base`, or `base` and a number. */
  unique(base: string): string {
    const times = this.#taken.get(base) ?? 0;
    this.#taken.set(base, times + 1);
    return times === 0 ? base : `${base}_${times}`;
  }

  /** Adds an operation of one output and gives that output's name. */
  node(
    operation: string,
    name: string,
    inputs: readonly string[],
    attributes: { readonly [name: string]: Attribute } = {},
    domain?: string,
  ): string {
    return this.nodes(operation, name, inputs, 1, attributes, domain)[0] as string;
  }

  /** Adds an operation of several outputs and gives their names. */
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
      outputs === 1 ? own : this.unique(`${own}.${i}`),
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

  /** Adds a constant and gives its name. */
  initialiser(name: string, shape: readonly number[], data: Initialiser['data']): string {
    const own = this.unique(name);
    this.#initialisers.push({ name: own, shape, data });
    return own;
  }

  /** Adds a constant to the outermost graph, where all branches see it, and gives its name. */
  shared(name: string, shape: readonly number[], data: Initialiser['data']): string {
    return this.#outermost.initialiser(name, shape, data);
  }

  /** A builder for a branch: its own nodes and constants, names unlike those here. */
  branch(): GraphBuilder {
    return new GraphBuilder(this);
  }

  /** The graph as it is now. */
  graph(name: string, inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): OnnxGraph {
    return { name, nodes: [...this.#nodes], initialisers: [...this.#initialisers], inputs, outputs };
  }
}
