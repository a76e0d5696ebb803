import type { BlockShape } from '@dmnn/architecture';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { isInProjection } from './folded-bias.js';
import type { FoldedWeights } from './folded-weights.js';
import type { MapEmitter } from './map-emitter.js';

/**
 * Emits a block's shortcut into a graph and returns its output; its weights are read once. The identity returns its
 * input.
 */
export type ShortcutEmitter = (graph: GraphBuilder, x: string) => string;

/** @returns the emitter of a block's shortcut; `undefined` if the block has none */
export function shortcutEmitter(
  { path: blockPath, block, inChannels }: Pick<BlockShape, 'path' | 'block' | 'inChannels'>,
  maps: MapEmitter,
  weights: FoldedWeights,
): ShortcutEmitter | undefined {
  const { shortcut } = block;
  const path = `${blockPath}.shortcut`;
  switch (shortcut.kind) {
    case 'identity':
      return (_graph, x) => x;
    case 'projection': {
      const unit = maps.prepared(
        isInProjection(block)
          ? weights.biasedProjection(blockPath, shortcut.unit)
          : weights.unit(path, shortcut.unit),
      );
      // without an activation of its own the block observes the sum only
      const site = block.activation === 'none' ? { site: [blockPath] } : {};
      return (graph, x) => maps.unit(graph, x, unit, site);
    }
    case 'pad': {
      const { stride, outChannels } = shortcut;
      return (graph, x) => maps.widened(graph, x, { path, stride, inChannels, outChannels });
    }
    case 'none':
      return undefined;
    default:
      return shortcut satisfies never;
  }
}
