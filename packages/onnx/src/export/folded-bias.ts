import type { Block, BlockShape } from '@dmnn/architecture';
import type { FoldedUnit } from '@dmnn/weights/internal';
import type { FoldedWeights } from './folded-weights.js';
import type { MapEmitter } from './map-emitter.js';

/** Whether a block's bias is added to that of its projection. */
export function isInProjection({ bias, shortcut }: Block): boolean {
  return bias === true && shortcut.kind === 'projection' && shortcut.unit.activation === 'none';
}

/**
 * A block's bias as a convolution of ones, channel by channel, where the shortcut does not have it already. In the
 * blocked layout the first open sub-block adds it to its own bias, and the convolution is emitted only where none does.
 *
 * @returns undefined if there is nothing to add
 */
export function foldedBias(
  { path, block, outChannels }: Pick<BlockShape, 'path' | 'block' | 'outChannels'>,
  maps: MapEmitter,
  weights: FoldedWeights,
): FoldedUnit | undefined {
  if (block.bias !== true || isInProjection(block)) return undefined;
  return maps.prepared({
    path: `${path}.shift`,
    kernelSize: 1,
    stride: 1,
    padding: 0,
    groups: outChannels,
    inChannels: outChannels,
    outChannels,
    activation: 'none',
    weight: new Float32Array(outChannels).fill(1),
    bias: weights.bias(path, outChannels),
  });
}
