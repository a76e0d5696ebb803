import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { alwaysMacs, countNetwork, countUndivided, flopsTable, meanCost, tableUntilExit } from '@dmnn/flops';

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
  /** Multiply–accumulates per image with all gates closed, without those of exits. */
  readonly alwaysMacs: number;
  /** `[l][n]`: multiply–accumulates of each sub-block. */
  readonly subBlockMacs: readonly (readonly number[])[];
  /** Multiply–accumulates of the undivided backbone; the network's own if it is not divided. */
  readonly undividedMacs: number;
  /** `[e]`: of an image that stops at exit e; empty without exits. */
  readonly exits: readonly ExitDescription[];
  /** Multiply–accumulates of all exits, which run only for images for which they are asked. */
  readonly exitMacs: number;
}

/** What an image costs that stops at an exit. */
export interface ExitDescription {
  /** Multiply–accumulates with all gates closed, of this exit and those before it too. */
  readonly alwaysMacs: number;
  /** Number of gated blocks before it. */
  readonly gatedBlocks: number;
}

/** Describes a network for images of a size. */
export function networkDescription(architecture: Architecture, imageSizePx: number): NetworkDescription {
  const count = countNetwork(architecture, { imageSizePx });
  const table = flopsTable(count);
  const exitMacs = (count.exits ?? []).reduce((sum, { macs }) => sum + macs, 0);
  return {
    name: architecture.name,
    imageSizePx,
    inChannels: architecture.inChannels,
    classes: architecture.head.classes,
    subBlocks: gatedBlocks(architecture).map(({ block }) => block.subBlocks.length),
    alwaysMacs: alwaysMacs(table) - exitMacs,
    subBlockMacs: table.subBlockMacs,
    undividedMacs: countUndivided(architecture, { imageSizePx }).macs,
    exits: (table.exits ?? []).map(({ gatedBlocks: before }, e) => ({
      alwaysMacs: alwaysMacs(tableUntilExit(table, e)),
      gatedBlocks: before,
    })),
    exitMacs,
  };
}

/**
 * What an image costs under its gates.
 *
 * @param stage - the exit at which it stopped, or the number of exits; undefined: exits were left out
 */
export function macsOf(
  { alwaysMacs: always, exitMacs, exits, subBlockMacs }: NetworkDescription,
  gates: readonly (readonly boolean[])[],
  stage: number | undefined,
): number {
  const exit = stage === undefined ? undefined : exits[stage];
  const reached = exit?.gatedBlocks ?? gates.length;
  const alwaysCost = exit?.alwaysMacs ?? (stage === undefined ? always : always + exitMacs);
  return meanCost(
    { alwaysCost, subBlockCosts: subBlockMacs },
    gates.map((block, l) => (l < reached ? block : block.map(() => false))),
  );
}
