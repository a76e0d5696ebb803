import type { BlockKind } from '@dmnn/architecture';
import type { NetworkShape } from './network-shape.js';

/** The channels of a stem of one convolution of this size; undefined if the network has another, or a head with convolutions. */
export function residualStem({ stem, head }: NetworkShape, kernelSize: number): number | undefined {
  const [unit] = stem;
  return stem.length === 1 && head.length === 0 && unit?.kernelSize === kernelSize
    ? unit.outChannels
    : undefined;
}

/** Blocks of each stage, and their kind if all have the same. */
export function stagesOf({ stages }: NetworkShape): { depths: number[]; kind: BlockKind | undefined } {
  const kinds = new Set(stages.flat().map(({ kind }) => kind));
  return { depths: stages.map(({ length }) => length), kind: kinds.size === 1 ? [...kinds][0] : undefined };
}

/** Groups of the 3×3 convolutions of bottlenecks, and the channels of one in the first stage. */
export function groupsOf(shape: NetworkShape): { groups: number; groupWidth: number } | undefined {
  const grouped = shape.stages[0]?.[0]?.units[1];
  if (stagesOf(shape).kind !== 'bottleneck' || !grouped) return undefined;
  const groups = grouped.outChannels / grouped.groupChannels;
  return Number.isInteger(groups) ? { groups, groupWidth: grouped.groupChannels } : undefined;
}

/** Channels after the last block. */
export function lastChannels({ stages }: NetworkShape): number {
  return stages.at(-1)?.at(-1)?.units.at(-1)?.outChannels ?? 0;
}
