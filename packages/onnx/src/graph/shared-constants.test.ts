import { expect, it } from 'vitest';
import type { Initialiser, OnnxGraph, OnnxNode } from './onnx-graph.js';
import { sharedConstants, storedName } from './shared-constants.js';

const constant = (name: string, ...numbers: number[]): Initialiser => ({
  name,
  shape: [numbers.length],
  data: Float32Array.from(numbers),
});
const add = (name: string, ...inputs: string[]): OnnxNode => ({
  ...{ name, operation: 'Add', inputs, outputs: [name], attributes: {} },
});
const graphOf = (nodes: OnnxNode[], initialisers: Initialiser[]): OnnxGraph => ({
  ...{ name: 'g', nodes, initialisers, inputs: [], outputs: [] },
});
const branch = (name: string, graph: OnnxGraph): OnnxNode => ({
  ...{ name, operation: 'If', inputs: ['c'], outputs: [name], attributes: { then_branch: { graph } } },
});
const inside = (graph: OnnxGraph, node: number): OnnxGraph =>
  (graph.nodes[node]!.attributes['then_branch'] as { graph: OnnxGraph }).graph;
const names = (graph: OnnxGraph): string[] => graph.initialisers.map(({ name }) => name);

it('moves a constant of two branches to the outermost graph, under the first name', () => {
  const [first, second] = ['a.', 'b.'].map((prefix) =>
    graphOf(
      [add(`${prefix}sum`, `${prefix}x`, `${prefix}y`)],
      [constant(`${prefix}x`, 1, 2), constant(`${prefix}y`, prefix === 'a.' ? 3 : 4)],
    ),
  ) as [OnnxGraph, OnnxGraph];
  const graph = graphOf([branch('first', first), branch('second', second)], [constant('z', 9)]);
  const shared = sharedConstants(graph, ['a.', 'b.']);
  expect(names(shared)).toEqual(['z', 'a.x']);
  expect([names(inside(shared, 0)), names(inside(shared, 1))]).toEqual([['a.y'], ['b.y']]);
  expect(inside(shared, 0).nodes[0]!.inputs).toEqual(['a.x', 'a.y']);
  expect(inside(shared, 1).nodes[0]!.inputs).toEqual(['a.x', 'b.y']);
  expect(names(inside(graph, 1))).toEqual(['b.x', 'b.y']); // what was given stays as it was
});

it('keeps numbers of another type, shape or sign', () => {
  const graph = graphOf(
    [],
    [
      constant('a.x', 0),
      { ...constant('b.x', 0), data: Int32Array.of(0) },
      constant('a.y', 0, 0),
      { ...constant('b.y', 0, 0), shape: [1, 2] },
      constant('a.z', 0),
      constant('b.z', -0),
    ],
  );
  expect(sharedConstants(graph, ['a.', 'b.'])).toBe(graph);
});

it('takes the nearest network before that has one of that name, so that a reader finds it', () => {
  const graph = graphOf(
    [add('sum', 'a.x', 'b.x', 'c.x', 'd.x')],
    [constant('a.x', 1), constant('b.x', 2), constant('c.x', 1), constant('d.x', 1)],
  );
  const prefixes = ['a.', 'b.', 'c.', 'd.'];
  const shared = sharedConstants(graph, prefixes);
  expect(shared.nodes[0]!.inputs).toEqual(['a.x', 'b.x', 'c.x', 'c.x']);
  const stored = new Map(shared.initialisers.map(({ name, data }) => [name, data[0]]));
  const read = prefixes.map((_, p) =>
    stored.get(storedName('x', prefixes.slice(0, p + 1), (name) => stored.has(name)) ?? ''),
  );
  expect(read).toEqual([1, 2, 1, 1]);
});
