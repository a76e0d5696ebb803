import type { Shortcut } from '@dmnn/architecture';
import type { WeightReader } from '@dmnn/weights/internal';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { foldedUnit } from './folded-unit.js';
import type { MapEmitter } from './map-emitter.js';

/** A block's shortcut, read once; emits it into whichever graph needs it. The identity gives its input itself. */
export type ShortcutEmitter = (graph: GraphBuilder, x: string) => string;

/** @returns undefined if the block has no shortcut */
export function shortcutEmitter(
  block: { readonly path: string; readonly inChannels: number },
  shortcut: Shortcut,
  maps: MapEmitter,
  weights: WeightReader,
): ShortcutEmitter | undefined {
  const path = `${block.path}.shortcut`;
  switch (shortcut.kind) {
    case 'identity':
      return (_graph, x) => x;
    case 'projection': {
      const unit = maps.prepared(foldedUnit(path, shortcut.unit, weights));
      return (graph, x) => maps.unit(graph, x, unit);
    }
    case 'pad': {
      const { stride, outChannels } = shortcut;
      return (graph, x) =>
        maps.widened(graph, x, { path, stride, inChannels: block.inChannels, outChannels });
    }
    case 'none':
      return undefined;
    default:
      return shortcut satisfies never;
  }
}
