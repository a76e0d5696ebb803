import type { UnitShape } from '@dmnn/architecture';
import type { LayerCount } from './network-count.js';
import { unitOperation, unitParameters, unitWork } from './unit-work.js';
import type { Work } from './work.js';

/** A layer before a convention makes a cost of its work. */
export interface LayerEntry extends Omit<LayerCount, 'macs'> {
  readonly work: Work;
}

/** Where a layer stands: what its entry takes over. */
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

/** The entry of an average over a whole map: one addition for each pixel but the first, and one division. */
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
