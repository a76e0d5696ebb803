import { type Activation, type Curve, activations, isClip } from '@dmnn/architecture';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { Attribute } from '../graph/onnx-graph.js';

/** Adds an activation's nodes and returns the name of the output. */
type EmitCurve = (graph: GraphBuilder, x: string, path: string) => string;

const curves: { readonly [name in Curve]: EmitCurve } = {
  'hard-swish': (graph, x, path) => {
    const number = (name: string, value: number) =>
      graph.initialiser(`${path}.${name}`, [], Float32Array.of(value));
    const raised = graph.node('Add', `${path}.raised`, [x, number('three', 3)]);
    const gate = graph.node('Clip', `${path}.gate`, [raised, number('low', 0), number('high', 6)]);
    const product = graph.node('Mul', `${path}.product`, [x, gate]);
    return graph.node('Div', path, [product, number('six', 6)]);
  },
};

/** Emits an activation and returns the name of its output; `none` returns `x` itself. */
export function emitActivation(graph: GraphBuilder, x: string, activation: Activation, path: string): string {
  const name = `${path}.${activation}`;
  if (!isClip(activation)) return curves[activation](graph, x, name);
  const [least, largest] = activations[activation].range;
  if (least === -Infinity && largest === Infinity) return x;
  if (least === 0 && largest === Infinity) return graph.node('Relu', name, [x]);
  const low = graph.initialiser(`${path}.low`, [], Float32Array.of(least));
  const high = graph.initialiser(`${path}.high`, [], Float32Array.of(largest));
  return graph.node('Clip', name, [x, low, high]);
}

/**
 * Attributes that fuse an activation into ONNX Runtime's own convolution.
 *
 * @returns `undefined` if the activation needs separate nodes
 */
export function fusedActivation(activation: Activation): { [name: string]: Attribute } | undefined {
  if (!isClip(activation)) return undefined;
  const [least, largest] = activations[activation].range;
  if (least === -Infinity && largest === Infinity) return {};
  if (least === 0 && largest === Infinity) return { activation: { text: 'Relu' } };
  return { activation: { text: 'Clip' }, activation_params: { floats: [least, largest] } };
}

/** Whether the results of an activation are never negative. */
export function isNonNegative(activation: Activation): boolean {
  return activations[activation].range[0] >= 0;
}
