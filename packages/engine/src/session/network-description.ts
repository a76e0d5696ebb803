import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { alwaysMacs, countNetwork, countUndivided, flopsTable } from '@dmnn/flops';

/** What a network takes and gives, and what it costs: the part of a file's description that every network has. */
export interface NetworkDescription {
  /** The architecture's name. */
  readonly name: string;
  /** Side of the square image, in pixels. */
  readonly imageSizePx: number;
  readonly inChannels: number;
  readonly classes: number;
  /** `[l]`: number of sub-blocks of each gated block. */
  readonly subBlocks: readonly number[];
  /** Multiply–accumulates per image with all gates closed. */
  readonly alwaysMacs: number;
  /** `[l][n]`: multiply–accumulates of each sub-block. */
  readonly subBlockMacs: readonly (readonly number[])[];
  /** Multiply–accumulates of the undivided backbone; the network's own if it is not divided. */
  readonly undividedMacs: number;
}

/** Describes a network for images of a size. */
export function networkDescription(architecture: Architecture, imageSizePx: number): NetworkDescription {
  const table = flopsTable(countNetwork(architecture, { imageSizePx }));
  return {
    name: architecture.name,
    imageSizePx,
    inChannels: architecture.inChannels,
    classes: architecture.head.classes,
    subBlocks: gatedBlocks(architecture).map(({ block }) => block.subBlocks.length),
    alwaysMacs: alwaysMacs(table),
    subBlockMacs: table.subBlockMacs,
    undividedMacs: countUndivided(architecture, { imageSizePx }).macs,
  };
}
