import type { UnitShape } from '@dmnn/architecture';
import type { LayerCount } from './network-count.js';
import { unitOperation, unitParameters, unitWork } from './unit-work.js';
import type { Work } from './work.js';

/** A layer with its work, before a convention turns it into a cost. */
export interface LayerEntry extends Omit<LayerCount, 'macs'> {
  readonly work: Work;
}

/** The position of a layer, copied into its entry. */
export type LayerPlace = Pick<LayerEntry, 'part' | 'blockIndex' | 'subBlockIndex'>;

/** The entry of a convolution unit. */
export function unitEntry(shape: UnitShape, place: LayerPlace): LayerEntry {
  const { path, unit, outSizePx } = shape;
  return {
    ...place,
    path,
    operation: unitOperation(unit),
    outShape: [outSizePx, outSizePx, unit.outChannels],
    work: unitWork(shape),
    parameters: unitParameters(unit),
  };
}

/** The entry of an average over a whole map: one addition per pixel except the first, and one division. */
export function averagePoolEntry(
  path: string,
  sizePx: number,
  channels: number,
  place: LayerPlace,
): LayerEntry {
  return {
    ...place,
    path,
    operation: 'global average pool',
    outShape: [channels],
    work: { activationOperations: sizePx ** 2 * channels },
    parameters: 0,
  };
}
