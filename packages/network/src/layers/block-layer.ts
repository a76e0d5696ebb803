import type { Activation, PlacedBlock } from '@dmnn/architecture';
import { type ControllerLayer, controllerLayer } from './controller-layer.js';
import { type ConvLayer, convLayers } from './conv-layer.js';
import type { LayerVariables } from './layer-variables.js';
import { areMergeable } from './mergeable.js';
import { type ShortcutLayer, shortcutLayer } from './shortcut-layer.js';

/** A block with its variables; an execution decides how its parts run. */
export interface BlockLayer {
  readonly path: string;
  readonly shortcut: ShortcutLayer | undefined;
  /** `[n]`: the units of each sub-block. */
  readonly subBlocks: readonly (readonly ConvLayer[])[];
  /** Whether the first units of all sub-blocks can be one convolution, and are not also the last ones. */
  readonly mergeable: boolean;
  readonly activation: Activation;
  readonly controller: ControllerLayer | undefined;
}

/** Binds a block's variables. */
export function blockLayer({ block, path }: PlacedBlock, parameters: LayerVariables): BlockLayer {
  const subBlocks = block.subBlocks.map(({ units }, n) =>
    convLayers(`${path}.subblock${n}`, units, parameters),
  );
  return {
    path,
    shortcut: shortcutLayer(`${path}.shortcut`, block.shortcut, parameters),
    subBlocks,
    mergeable:
      subBlocks.every((units) => units.length > 1) &&
      areMergeable(subBlocks.flatMap(([first]) => (first ? [first] : []))),
    activation: block.activation,
    controller: block.controller && controllerLayer(`${path}.controller`, block.controller, parameters),
  };
}

/** The shortcut of a gated block. Without one nothing would be left when all gates are off; validation excludes such architectures. */
export function shortcutOf(block: BlockLayer): ShortcutLayer {
  if (!block.shortcut)
    throw new RangeError(`${block.path}: expected a shortcut around gated sub-blocks, got none`);
  return block.shortcut;
}
