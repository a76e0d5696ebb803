import type { Shortcut } from '@dmnn/architecture';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { emitUnit } from './emit-units.js';
import { foldedUnit } from './folded-unit.js';
import type { WeightReader } from './weight-reader.js';

/** A block's shortcut, read once; emits it into whichever graph needs it. The identity gives its input itself. */
export type ShortcutEmitter = (graph: GraphBuilder, x: string) => string;

/** @returns undefined if the block has no shortcut */
export function shortcutEmitter(
  path: string,
  shortcut: Shortcut,
  inChannels: number,
  weights: WeightReader,
): ShortcutEmitter | undefined {
  switch (shortcut.kind) {
    case 'identity':
      return (_graph, x) => x;
    case 'projection': {
      const unit = foldedUnit(`${path}.shortcut`, shortcut.unit, weights);
      return (graph, x) => emitUnit(graph, x, unit);
    }
    case 'pad': {
      const { stride, outChannels } = shortcut;
      return (graph, x) => emitPad(graph, x, `${path}.shortcut`, { stride, inChannels, outChannels });
    }
    case 'none':
      return undefined;
    default:
      return shortcut satisfies never;
  }
}

interface Widening {
  readonly stride: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** Every `stride`-th pixel, and zeros for the new channels: half on each side, the odd one after. */
function emitPad(graph: GraphBuilder, x: string, path: string, widening: Widening): string {
  const { stride, inChannels, outChannels } = widening;
  const whole = (name: string, values: readonly number[]) =>
    graph.initialiser(`${path}.${name}`, [values.length], BigInt64Array.from(values, BigInt));
  let y = x;
  if (stride > 1) {
    const end = 2 ** 31 - 1; // further than any map reaches
    const ranges = [whole('starts', [0, 0]), whole('ends', [end, end]), whole('axes', [2, 3])];
    y = graph.node('Slice', `${path}.thinned`, [y, ...ranges, whole('steps', [stride, stride])]);
  }
  if (outChannels === inChannels) return y;
  const before = Math.floor((outChannels - inChannels) / 2);
  const after = outChannels - inChannels - before;
  return graph.node('Pad', path, [y, whole('pads', [0, before, 0, 0, 0, after, 0, 0])]);
}
