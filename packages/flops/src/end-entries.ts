import type { Architecture, NetworkShapes } from '@dmnn/architecture';
import { type LayerEntry, averagePoolEntry, unitEntry } from './layer-entry.js';

/** Layers before the first block. */
export function stemEntries({ stem, inChannels }: Architecture, shapes: NetworkShapes): LayerEntry[] {
  const units = shapes.stem.map((shape) => unitEntry(shape, { part: 'fixed' }));
  if (!stem.pool) return units;
  const { kernelSize, stride } = stem.pool;
  const channels = stem.units.at(-1)?.outChannels ?? inChannels;
  const size = shapes.stemOutSizePx;
  return [
    ...units,
    {
      part: 'fixed',
      path: 'stem.pool',
      operation: `max pool ${kernelSize}×${kernelSize}${stride > 1 ? `, stride ${stride}` : ''}`,
      outShape: [size, size, channels],
      // finding the largest of k² values takes k² − 1 comparisons
      work: { activationOperations: size ** 2 * channels * (kernelSize ** 2 - 1) },
      parameters: 0,
    },
  ];
}

/** Layers after the last block: units, global average pooling, the linear layer with its bias. */
export function headEntries({ head }: Architecture, shapes: NetworkShapes): LayerEntry[] {
  const { inFeatures, classes } = head;
  return [
    ...shapes.head.map((shape) => unitEntry(shape, { part: 'fixed' })),
    averagePoolEntry('head.pool', shapes.headSizePx, inFeatures, { part: 'fixed' }),
    {
      part: 'fixed',
      path: 'head.linear',
      operation: 'linear',
      outShape: [classes],
      work: { macs: inFeatures * classes, biasOperations: classes },
      parameters: inFeatures * classes + classes,
    },
  ];
}
