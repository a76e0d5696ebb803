import { type SlidingWindow, paddingSides } from '@dmnn/architecture';
import { fixedPaddingOf } from '@dmnn/architecture/internal';
import type { FoldedUnit } from '@dmnn/weights/internal';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { emitActivation } from './emit-activation.js';
import { type MapEmitter, type Widening, floatMaps } from './map-emitter.js';

const FURTHEST = 2 ** 31 - 1; // beyond the edge of any map

/** Emits maps `[B, C, H, W]` and standard ONNX operators, which every engine runs. */
export function portableMaps(lanes: number): MapEmitter {
  return {
    ...floatMaps,
    merging: { lanes, dense: false }, // with fewer lanes, zeros would cost more than they save
    sharesWeights: false,
    joinsBiases: false, // a portable file holds the numbers of every unit, from which it is written again
    laidOut: (channels) => channels,
    image: (_graph, image) => image,
    prepared: (unit) => unit,
    unit: (graph, x, unit, { sum, activation = unit.activation } = {}) => {
      const convolved = graph.node('Conv', unit.path, [x, ...constants(graph, unit)], {
        ...window(unit, unit.path),
        group: { int: unit.groups },
      });
      const y = sum === undefined ? convolved : graph.node('Add', `${unit.path}.add`, [convolved, sum]);
      return emitActivation(graph, y, activation, unit.path);
    },
    maxPool: (graph, x, pool, path) => graph.node('MaxPool', path, [x], window(pool, path)),
    pooled: (graph, x, path) => graph.node('GlobalAveragePool', `${path}.pooled`, [x]),
    // A no-op, but ONNX Runtime moves a pool into its blocked layout, whereas it would not move a sum of values
    // from two layouts. In that layout the sum and the activation after it fuse with the convolution, in place.
    summand: (graph, x, path) => graph.node('MaxPool', path, [x], { kernel_shape: { ints: [1, 1] } }),
    widened,
  };
}

function constants(graph: GraphBuilder, unit: FoldedUnit): [weight: string, bias: string] {
  const { path, kernelSize, groups, inChannels, outChannels } = unit;
  const shape = [outChannels, inChannels / groups, kernelSize, kernelSize];
  return [
    graph.initialiser(`${path}.weight`, shape, unit.weight),
    graph.initialiser(`${path}.bias`, [outChannels], unit.bias),
  ];
}

/** Attributes of a sliding window. @throws RangeError if its padding is `'same'`: see `fixedPadding` */
export function window(of: SlidingWindow, path: string): { [name: string]: { ints: number[] } } {
  const { kernelSize, stride } = of;
  // pixels do not depend on the size of the map
  const { top, bottom, left, right } = paddingSides({ ...of, padding: fixedPaddingOf(of, path) }, kernelSize);
  return {
    kernel_shape: { ints: [kernelSize, kernelSize] },
    strides: { ints: [stride, stride] },
    pads: { ints: [top, left, bottom, right] },
  };
}

function widened(graph: GraphBuilder, x: string, widening: Widening): string {
  const { path, stride, inChannels, outChannels } = widening;
  const whole = (name: string, values: readonly number[]) =>
    graph.initialiser(`${path}.${name}`, [values.length], BigInt64Array.from(values, BigInt));
  let y = x;
  if (stride > 1) {
    const ranges = [whole('starts', [0, 0]), whole('ends', [FURTHEST, FURTHEST]), whole('axes', [2, 3])];
    y = graph.node('Slice', `${path}.thinned`, [y, ...ranges, whole('steps', [stride, stride])]);
  }
  if (outChannels === inChannels) return y;
  const before = Math.floor((outChannels - inChannels) / 2);
  const after = outChannels - inChannels - before;
  return graph.node('Pad', path, [y, whole('pads', [0, before, 0, 0, 0, after, 0, 0])]);
}
