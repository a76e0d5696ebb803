import type { Activation, MaxPool } from '@dmnn/architecture';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { FoldedUnit } from './folded-unit.js';

/** A convolution, its bias and its activation. */
export function emitUnit(graph: GraphBuilder, x: string, unit: FoldedUnit): string {
  const { path, kernelSize, stride, padding, groups, outChannels } = unit;
  const weight = graph.initialiser(
    `${path}.weight`,
    [outChannels, unit.inChannels / groups, kernelSize, kernelSize],
    unit.weight,
  );
  const bias = graph.initialiser(`${path}.bias`, [outChannels], unit.bias);
  const y = graph.node('Conv', path, [x, weight, bias], {
    kernel_shape: { ints: [kernelSize, kernelSize] },
    strides: { ints: [stride, stride] },
    pads: { ints: [padding, padding, padding, padding] },
    group: { int: groups },
  });
  return emitActivation(graph, y, unit.activation, path);
}

/** Units one after the other. */
export function emitUnits(graph: GraphBuilder, x: string, units: readonly FoldedUnit[]): string {
  return units.reduce((value, unit) => emitUnit(graph, value, unit), x);
}

/** The activation of that name; `none` gives the value itself. */
export function emitActivation(graph: GraphBuilder, x: string, activation: Activation, path: string): string {
  switch (activation) {
    case 'none':
      return x;
    case 'relu':
      return graph.node('Relu', `${path}.relu`, [x]);
    case 'relu6': {
      const low = graph.initialiser(`${path}.low`, [], Float32Array.of(0));
      const high = graph.initialiser(`${path}.high`, [], Float32Array.of(6));
      return graph.node('Clip', `${path}.relu6`, [x, low, high]);
    }
    default:
      return activation satisfies never;
  }
}

/** Maximum over a sliding window, padded with −∞. */
export function emitMaxPool(
  graph: GraphBuilder,
  x: string,
  { kernelSize, stride, padding }: MaxPool,
): string {
  return graph.node('MaxPool', 'stem.pool', [x], {
    kernel_shape: { ints: [kernelSize, kernelSize] },
    strides: { ints: [stride, stride] },
    pads: { ints: [padding, padding, padding, padding] },
  });
}

/** Mean over height and width: `[B, C, 1, 1]`. */
export function emitPooled(graph: GraphBuilder, x: string, path: string): string {
  return graph.node('GlobalAveragePool', `${path}.pooled`, [x]);
}
