import type { Attribute, Initialiser, OnnxGraph, OnnxNode } from './onnx-graph.js';

/**
 * Stores constants once that networks of one file have alike, such as the weights of a checkpoint that runs at two settings:
 * of constants with the same name after the networks' prefixes and the same numbers only the first stays. It moves to the
 * outermost graph, where all branches see it.
 *
 * @param prefixes - of the networks, in their order
 */
export function sharedConstants(graph: OnnxGraph, prefixes: readonly string[]): OnnxGraph {
  const all = new Map<string, Initialiser>();
  collect(graph, all);
  /** Names of constants that go, and of those that stand for them. */
  const aliases = new Map<string, string>();
  for (const [index, prefix] of prefixes.entries()) {
    for (const [name, constant] of all) {
      if (!name.startsWith(prefix)) continue;
      const earlier = storedName(
        name.slice(prefix.length),
        prefixes.slice(0, index),
        (each) => all.has(each) && !aliases.has(each),
      );
      if (earlier !== undefined && areAlike(all.get(earlier) as Initialiser, constant))
        aliases.set(name, earlier);
    }
  }
  if (aliases.size === 0) return graph;
  const shared = new Set(aliases.values());
  const own = new Set(graph.initialisers.map(({ name }) => name));
  const rewritten = rewrite(graph, aliases, shared);
  const moved = [...shared].filter((name) => !own.has(name)).map((name) => all.get(name) as Initialiser);
  return {
    ...rewritten,
    initialisers: [...graph.initialisers.filter(({ name }) => !aliases.has(name)), ...moved],
  };
}

/**
 * What stands for a network's constant that {@link sharedConstants} left out: that of the nearest network before it that has
 * one of this name.
 *
 * @param name - after the prefix
 * @param prefixes - of the networks before it
 */
export function storedName(
  name: string,
  prefixes: readonly string[],
  isStored: (name: string) => boolean,
): string | undefined {
  return prefixes
    .map((prefix) => `${prefix}${name}`)
    .reverse()
    .find(isStored);
}

function collect(graph: OnnxGraph, all: Map<string, Initialiser>): void {
  for (const initialiser of graph.initialisers) all.set(initialiser.name, initialiser);
  for (const { attributes } of graph.nodes)
    for (const attribute of Object.values(attributes))
      if ('graph' in attribute) collect(attribute.graph, all);
}

/** A graph with other names for constants, and of its branches' constants without those that are shared. */
function rewrite(
  graph: OnnxGraph,
  aliases: ReadonlyMap<string, string>,
  shared: ReadonlySet<string>,
): OnnxGraph {
  return {
    ...graph,
    nodes: graph.nodes.map((node): OnnxNode => ({
      ...node,
      inputs: node.inputs.map((name) => aliases.get(name) ?? name),
      attributes: Object.fromEntries(
        Object.entries(node.attributes).map(([key, value]): [string, Attribute] => [
          key,
          'graph' in value ? { graph: rewrite(value.graph, aliases, shared) } : value,
        ]),
      ),
    })),
    initialisers: graph.initialisers.filter(({ name }) => !aliases.has(name) && !shared.has(name)),
  };
}

function areAlike(a: Initialiser, b: Initialiser): boolean {
  return a.type === b.type && a.shape.join() === b.shape.join() && areSameBytes(a.data, b.data);
}

function areSameBytes(a: Initialiser['data'], b: Initialiser['data']): boolean {
  if (a.constructor !== b.constructor || a.byteLength !== b.byteLength) return false;
  const [left, right] = [a, b].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  ) as [Uint8Array, Uint8Array];
  return left.every((byte, i) => byte === right[i]);
}
