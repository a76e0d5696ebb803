import type { Activation } from './activations.js';
import type { Architecture, Head } from './architecture.js';
import type { Block } from './block.js';
import type { ConvUnit } from './conv-unit.js';
import type { Controller } from './controller.js';

/** A block and its position. */
export interface PlacedBlock {
  readonly block: Block;
  /** `stage2.block0`: the prefix of its variables' names. Both counts start at 0. */
  readonly path: string;
  /** From 0. */
  readonly stageIndex: number;
  /** Among the stage's blocks, from 0. */
  readonly indexInStage: number;
}

/** A block with a controller, and its index l among those blocks. */
export interface GatedBlock extends PlacedBlock {
  /** l of the paper's equations, from 0: gates, states and cost tables are lists in this order. */
  readonly blockIndex: number;
  readonly controller: Controller;
}

/** All blocks of a network, in execution order. */
export function placedBlocks(architecture: Architecture): PlacedBlock[] {
  return architecture.stages.flatMap((stage, stageIndex) =>
    stage.blocks.map((block, indexInStage) => ({
      block,
      path: `stage${stageIndex}.block${indexInStage}`,
      stageIndex,
      indexInStage,
    })),
  );
}

/**
 * The blocks that have a controller, in order.
 *
 * @example
 * ```ts
 * import { gatedBlocks } from '@dmnn/architecture';
 * import { createArchitecture } from '@dmnn/backbones';
 *
 * const blocks = gatedBlocks(createArchitecture('dmnn50-n2'));
 * console.log(blocks.length, blocks[15]?.path); // => 16 stage3.block2
 * ```
 */
export function gatedBlocks(architecture: Architecture): GatedBlock[] {
  const gated: GatedBlock[] = [];
  for (const placed of placedBlocks(architecture)) {
    const { controller } = placed.block;
    if (controller) gated.push({ ...placed, controller, blockIndex: gated.length });
  }
  return gated;
}

/**
 * Whether a block's controller takes the state of the previous controller (Eq. 7): the first never does, a recurrent one
 * after it always. With `previousState: 'shared'` it uses the network's one shared matrix, `controllers.carry`.
 */
export function takesPreviousState({ blockIndex, controller }: GatedBlock): boolean {
  if (blockIndex === 0) return false;
  return controller.kind === 'state' ? controller.previousState !== 'none' : controller.kind === 'recurrent';
}

/** Input channels of a block. */
export function blockInChannels(block: Block): number {
  return firstUnit(block).inChannels;
}

/** Output channels of a block. */
export function blockOutChannels(block: Block): number {
  const units = block.subBlocks[0]?.units ?? [];
  return (units[units.length - 1] ?? firstUnit(block)).outChannels;
}

/** Ratio of a block's input size to its output size: the product of its strides. */
export function blockStride(block: Block): number {
  return (block.subBlocks[0]?.units ?? []).reduce((product, unit) => product * unit.stride, 1);
}

function firstUnit(block: Block): ConvUnit {
  const unit = block.subBlocks[0]?.units[0];
  if (!unit) throw new RangeError('block: expected at least one sub-block with one unit, got none');
  return unit;
}

/** A linear layer of a head: features · weight + bias, then its activation. */
export interface HeadLayer {
  /** `hidden0`, `hidden1`, …, and `linear`, the last: what follows the head's path in names of its variables. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: Activation;
}

/**
 * The linear layers of a head in order: the hidden ones, then the one that gives the logits.
 *
 * @example
 * ```ts
 * import { headLayers } from '@dmnn/architecture';
 *
 * const hidden = [{ features: 64, activation: 'relu' }] as const;
 * const layers = headLayers({ units: [], inFeatures: 512, hidden, classes: 10 });
 * console.log(layers.map(({ name, inputs, outputs }) => `${name}: ${inputs} to ${outputs}`).join(', ')); // => hidden0: 512 to 64, linear: 64 to 10
 * ```
 */
export function headLayers({ inFeatures, hidden = [], classes }: Head): HeadLayer[] {
  let inputs = inFeatures;
  const before = hidden.map(({ features, activation }, h): HeadLayer => {
    const layer = { name: `hidden${h}`, inputs, outputs: features, activation };
    inputs = features;
    return layer;
  });
  return [...before, { name: 'linear', inputs, outputs: classes, activation: 'none' }];
}
