import type { Activation, PlacedBlock } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.js';
import { type ControllerLayer, controllerLayer } from './controller-layer.js';
import { type MapLayer, type LayerVariables, convLayers } from './conv-layer.js';
import { shortcutLayer } from './shortcut-layer.js';
import type { Statistics } from './statistics.js';

/** A block with its variables: what executions put together. */
export interface BlockLayer {
  readonly path: string;
  readonly shortcut: MapLayer | undefined;
  readonly subBlocks: readonly MapLayer[];
  readonly activation: Activation;
  readonly controller: ControllerLayer | undefined;
}

/** Binds a block's variables. */
export function blockLayer({ block, path }: PlacedBlock, parameters: LayerVariables): BlockLayer {
  return {
    path,
    shortcut: shortcutLayer(`${path}.shortcut`, block.shortcut, parameters),
    subBlocks: block.subBlocks.map(({ units }, n) => convLayers(`${path}.subblock${n}`, units, parameters)),
    activation: block.activation,
    controller:
      block.controller && controllerLayer(`${path}.controller`, block.controller, parameters.variables),
  };
}

/** Runs a block that has no controller: all of it, always. */
export function runWhole(block: BlockLayer, x: tf.Tensor4D, statistics: Statistics): tf.Tensor4D {
  return tf.tidy(() => {
    const paths = [...(block.shortcut ? [block.shortcut] : []), ...block.subBlocks];
    const sum = paths.map((path) => path(x, statistics)).reduce((total, each) => tf.add(total, each));
    return activate(sum, block.activation);
  });
}

/** The shortcut of a gated block. Without one nothing would be left when all gates are off: no architecture has that. */
export function shortcutOf(block: BlockLayer): MapLayer {
  if (!block.shortcut)
    throw new RangeError(`${block.path}: expected a shortcut beside gated sub-blocks, got none`);
  return block.shortcut;
}
