import { type BlockShape, type GatedBlock, activations } from '@dmnn/architecture';
import { controllerEntries } from './controller-entries.js';
import { type LayerEntry, type LayerPlace, unitEntry } from './layer-entry.js';

/**
 * Layers of a block, in execution order: controller, shortcut, sub-blocks, activation.
 *
 * @param gated - its index among the gated blocks; undefined if it has no controller
 */
export function blockEntries(shape: BlockShape, gated: GatedBlock | undefined): LayerEntry[] {
  const { block, path, outSizePx, outChannels } = shape;
  const l = gated ? { blockIndex: gated.blockIndex } : {};
  const outShape = [outSizePx, outSizePx, outChannels];
  const outputs = outSizePx ** 2 * outChannels;
  const fixed: LayerPlace = { part: 'fixed', ...l };
  return [
    ...(gated ? controllerEntries(gated, shape) : []),
    ...(shape.shortcut ? [unitEntry(shape.shortcut, fixed)] : []),
    ...shape.subBlocks.flatMap((units, n) => {
      const place: LayerPlace = { part: gated ? 'gated' : 'fixed', ...l, subBlockIndex: n };
      // the first summand is copied, not added
      const added = n > 0 || block.shortcut.kind !== 'none';
      const sum = { operation: 'sum', outShape, work: { activationOperations: outputs }, parameters: 0 };
      return [
        ...units.map((unit) => unitEntry(unit, place)),
        ...(added ? [{ ...place, path: `${path}.subblock${n}.sum`, ...sum }] : []),
      ];
    }),
    {
      ...fixed,
      path: `${path}.activation`,
      operation: block.activation,
      outShape,
      work: { activationOperations: activations[block.activation].operations * outputs },
      parameters: 0,
    },
  ];
}
