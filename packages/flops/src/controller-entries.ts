import {
  type BlockShape,
  type Controller,
  type GatedBlock,
  type SqueezeController,
  type StateController,
  takesPreviousState,
} from '@dmnn/architecture';
import { type LayerEntry, type LayerPlace, averagePoolEntry } from './layer-entry.js';
import type { Work } from './work.js';

/**
 * Layers of a block's controller: pooling, the layers of its hidden units, and two logits per sub-block.
 *
 * @see DMNN §3.2 Eq. 5 to 7
 */
export function controllerEntries(gated: GatedBlock, shape: BlockShape): LayerEntry[] {
  const path = `${gated.path}.controller`;
  const place: LayerPlace = { part: 'controller', blockIndex: gated.blockIndex };
  const { inChannels, inSizePx } = shape;
  const units = gated.controller.hiddenUnits;
  const logits = 2 * shape.subBlocks.length;
  return [
    averagePoolEntry(`${path}.pool`, inSizePx, inChannels, place),
    ...hiddenEntries(gated, inChannels, path, place),
    {
      ...place,
      path: `${path}.decide`,
      operation: 'linear',
      outShape: [logits],
      // finding the larger of two logits takes one comparison
      work: { macs: units * logits, biasOperations: logits, activationOperations: logits / 2 },
      parameters: units * logits + logits,
    },
  ];
}

/**
 * The matrix of the previous state that all blocks share: its parameters count once for the network, its work for
 * each block.
 */
export function sharedCarryEntry(gated: readonly GatedBlock[]): LayerEntry[] {
  const user = gated.find((each) => takesPreviousState(each) && isShared(each.controller));
  if (!user) return [];
  const units = user.controller.hiddenUnits;
  return [
    {
      part: 'controller',
      path: 'controllers.carry',
      operation: 'linear, shared by the controllers',
      outShape: [units],
      work: {},
      parameters: units ** 2 + (hasHiddenBias(user.controller) ? units : 0),
    },
  ];
}

function hiddenEntries(gated: GatedBlock, inChannels: number, path: string, place: LayerPlace): LayerEntry[] {
  const { controller } = gated;
  switch (controller.kind) {
    case 'state':
      return [
        hiddenEntry(controller, inChannels, `${path}.embed`, place),
        ...(takesPreviousState(gated) ? [carryEntry(controller, `${path}.carry`, place)] : []),
      ];
    case 'squeeze':
      return [squeezeEntry(controller, inChannels, `${path}.embed`, place)];
    default:
      return controller satisfies never;
  }
}

function hiddenEntry(
  { hiddenUnits, hiddenBias }: StateController,
  inFeatures: number,
  path: string,
  place: LayerPlace,
): LayerEntry {
  const bias = hiddenBias ? hiddenUnits : 0;
  const work: Work = {
    macs: inFeatures * hiddenUnits,
    biasOperations: bias,
    activationOperations: hiddenUnits,
  };
  return {
    ...place,
    path,
    operation: 'linear',
    outShape: [hiddenUnits],
    work,
    parameters: inFeatures * hiddenUnits + bias,
  };
}

function carryEntry(controller: StateController, path: string, place: LayerPlace): LayerEntry {
  const { hiddenUnits } = controller;
  const entry = hiddenEntry(controller, hiddenUnits, path, place);
  return {
    ...entry,
    // ReLU, and the sum with the embedding
    work: { ...entry.work, activationOperations: 2 * hiddenUnits },
    parameters: isShared(controller) ? 0 : entry.parameters,
  };
}

function squeezeEntry(
  { hiddenUnits }: SqueezeController,
  inChannels: number,
  path: string,
  place: LayerPlace,
): LayerEntry {
  return {
    ...place,
    path,
    operation: 'linear, batch norm',
    outShape: [hiddenUnits],
    work: {
      macs: inChannels * hiddenUnits,
      batchNormOperations: 2 * hiddenUnits,
      activationOperations: hiddenUnits,
    },
    parameters: inChannels * hiddenUnits + 2 * hiddenUnits,
  };
}

function isShared(controller: Controller): boolean {
  return controller.kind === 'state' && controller.previousState === 'shared';
}

function hasHiddenBias(controller: Controller): boolean {
  return controller.kind === 'state' && controller.hiddenBias;
}
