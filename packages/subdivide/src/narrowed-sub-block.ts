import type { SubBlock } from '@dmnn/architecture';
import type { HiddenChannels } from './hidden-channels.js';

/** Hidden channels of one sub-block, and the groups of its inner convolutions. */
export interface SubBlockWidth {
  readonly channels: number;
  readonly groups: number;
}

/** The same sequence of convolutions with other hidden channels; input and output channels are unchanged. */
export function narrowedSubBlock(hidden: HiddenChannels, width: SubBlockWidth): SubBlock {
  const lastIndex = hidden.units.length - 1;
  return {
    units: hidden.units.map((unit, index) => {
      const isFirst = index === 0;
      const isLast = index === lastIndex;
      return {
        ...unit,
        inChannels: isFirst ? unit.inChannels : width.channels,
        outChannels: isLast ? unit.outChannels : width.channels,
        groups: isFirst || isLast ? 1 : width.groups,
      };
    }),
  };
}
