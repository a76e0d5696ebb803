import {
  type UnitShape,
  type ConvUnit,
  activations,
  type Architecture,
  type NetworkShapes,
  type BlockShape,
  type ExitShape,
  type GatedBlock,
  type RecurrentController,
  type SqueezeController,
  type StateController,
  takesPreviousState,
  headLayers,
} from '@dmnn/architecture';
import type { LayerCount } from './network-count.js';
import type { Work } from './conventions.js';

/** A layer with its work, before a convention turns it into a cost. */
export interface LayerEntry extends Omit<LayerCount, 'macs'> {
  readonly work: Work;
}

/** The position of a layer, copied into its entry. */
type LayerPlace = Pick<LayerEntry, 'part' | 'blockIndex' | 'subBlockIndex'>;

/** The entry of a convolution unit. */
function unitEntry(shape: UnitShape, place: LayerPlace): LayerEntry {
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
function averagePoolEntry(path: string, sizePx: number, channels: number, place: LayerPlace): LayerEntry {
  return {
    ...place,
    path,
    operation: 'global average pool',
    outShape: [channels],
    work: { activationOperations: sizePx ** 2 * channels },
    parameters: 0,
  };
}

/** Work of a convolution unit: kernelSize² · inChannels / groups multiply–accumulates per output. */
function unitWork({ unit, outSizePx }: UnitShape): Work {
  const outputs = outSizePx ** 2 * unit.outChannels;
  return {
    macs: outputs * filterSize(unit),
    batchNormOperations: unit.batchNorm ? 2 * outputs : 0,
    biasOperations: unit.bias ? outputs : 0,
    activationOperations: activations[unit.activation].operations * outputs,
  };
}

/** Number of weights, biases, and batch norm gammas and betas. */
function unitParameters(unit: ConvUnit): number {
  return unit.outChannels * (filterSize(unit) + (unit.bias ? 1 : 0) + (unit.batchNorm ? 2 : 0));
}

/** A convolution in words: `convolution 3×3, stride 2, 32 groups`. */
function unitOperation(unit: ConvUnit): string {
  const { kernelSize, stride, groups, inChannels } = unit;
  const depthwise = groups > 1 && groups === inChannels;
  return [
    `${depthwise ? 'depth-wise ' : ''}convolution ${kernelSize}×${kernelSize}`,
    ...(stride > 1 ? [`stride ${stride}`] : []),
    ...(groups > 1 && !depthwise ? [`${groups} groups`] : []),
  ].join(', ');
}

function filterSize({ kernelSize, inChannels, groups }: ConvUnit): number {
  return (kernelSize ** 2 * inChannels) / groups;
}

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

/** Layers of the head or of an exit: units, global average pooling, the linear layer with its bias. */
export function headEntries({ path, head, units, sizePx }: Omit<ExitShape, 'afterBlock'>): LayerEntry[] {
  const { inFeatures } = head;
  return [
    ...units.map((shape) => unitEntry(shape, { part: 'fixed' })),
    averagePoolEntry(`${path}.pool`, sizePx, inFeatures, { part: 'fixed' }),
    ...headLayers(head).map(({ name, inputs, outputs, activation }): LayerEntry => ({
      part: 'fixed',
      path: `${path}.${name}`,
      operation: 'linear',
      outShape: [outputs],
      work: {
        macs: inputs * outputs,
        biasOperations: outputs,
        activationOperations: activations[activation].operations * outputs,
      },
      parameters: inputs * outputs + outputs,
    })),
  ];
}

/**
 * Layers of a block, in execution order: controller, shortcut, sub-blocks, bias, activation.
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
    ...(block.bias === true
      ? [
          {
            ...fixed,
            path: `${path}.bias`,
            operation: 'bias',
            outShape,
            work: { biasOperations: outputs },
            parameters: outChannels,
          },
        ]
      : []),
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

/**
 * Layers of a block's controller: pooling, the layers of its hidden units, and two logits per sub-block.
 *
 * @see DMNN §3.2 Eq. 5 to 7
 */
function controllerEntries(gated: GatedBlock, shape: BlockShape): LayerEntry[] {
  const path = `${gated.path}.controller`;
  const place: LayerPlace = { part: 'controller', blockIndex: gated.blockIndex };
  const { inChannels, inSizePx } = shape;
  const units = gated.controller.hiddenUnits;
  const logits = 2 * shape.subBlocks.length;
  return [
    averagePoolEntry(`${path}.pool`, inSizePx, inChannels, place),
    ...hiddenEntries(gated, inChannels, path, place),
    {
      ...place,
      path: `${path}.decide`,
      operation: 'linear',
      outShape: [logits],
      // finding the larger of two logits takes one comparison
      work: { macs: units * logits, biasOperations: logits, activationOperations: logits / 2 },
      parameters: (gated.controller.kind === 'recurrent' ? 0 : units * logits) + logits,
    },
  ];
}

/**
 * What controllers share, the matrix of the previous state or the LSTM and the last layer's weights: its parameters count
 * once for the network, its work for each block.
 */
export function sharedControllerEntries(gated: readonly GatedBlock[]): LayerEntry[] {
  const [first] = gated;
  if (first?.controller.kind === 'recurrent') return sharedRecurrentEntries(first.controller, gated);
  const [carry] = gated.flatMap((each) =>
    takesPreviousState(each) && each.controller.kind === 'state' && isShared(each.controller)
      ? [each.controller]
      : [],
  );
  if (!carry) return [];
  const { hiddenUnits, hiddenBias } = carry;
  const parameters = hiddenUnits ** 2 + (hiddenBias ? hiddenUnits : 0);
  return [sharedEntry('controllers.carry', 'linear', hiddenUnits, parameters)];
}

function sharedRecurrentEntries(
  { embedUnits, hiddenUnits }: RecurrentController,
  gated: readonly GatedBlock[],
): LayerEntry[] {
  const counts = [...new Set(gated.map(({ block }) => block.subBlocks.length))];
  const gates = 4 * hiddenUnits;
  return [
    sharedEntry('controllers.cell', 'LSTM', hiddenUnits, (embedUnits + hiddenUnits + 1) * gates),
    ...counts.map((count) =>
      sharedEntry(`controllers.decide${count}`, 'linear', 2 * count, hiddenUnits * 2 * count),
    ),
  ];
}

function sharedEntry(path: string, operation: string, outputs: number, parameters: number): LayerEntry {
  return {
    part: 'controller',
    path,
    operation: `${operation}, shared by the controllers`,
    outShape: [outputs],
    work: {},
    parameters,
  };
}

function hiddenEntries(gated: GatedBlock, inChannels: number, path: string, place: LayerPlace): LayerEntry[] {
  const { controller } = gated;
  switch (controller.kind) {
    case 'state':
      return [
        hiddenEntry(controller, inChannels, `${path}.embed`, place),
        ...(takesPreviousState(gated) ? [carryEntry(controller, `${path}.carry`, place)] : []),
      ];
    case 'squeeze':
      return [squeezeEntry(controller, inChannels, `${path}.embed`, place)];
    case 'recurrent':
      return recurrentEntries(controller, inChannels, { path, place, isFirst: !takesPreviousState(gated) });
    default:
      return controller satisfies never;
  }
}

function hiddenEntry(
  { hiddenUnits, hiddenBias }: StateController,
  inFeatures: number,
  path: string,
  place: LayerPlace,
): LayerEntry {
  const bias = hiddenBias ? hiddenUnits : 0;
  const work: Work = {
    macs: inFeatures * hiddenUnits,
    biasOperations: bias,
    activationOperations: hiddenUnits,
  };
  return {
    ...place,
    path,
    operation: 'linear',
    outShape: [hiddenUnits],
    work,
    parameters: inFeatures * hiddenUnits + bias,
  };
}

function carryEntry(controller: StateController, path: string, place: LayerPlace): LayerEntry {
  const { hiddenUnits } = controller;
  const entry = hiddenEntry(controller, hiddenUnits, path, place);
  return {
    ...entry,
    // ReLU, and the sum with the embedding
    work: { ...entry.work, activationOperations: 2 * hiddenUnits },
    parameters: isShared(controller) ? 0 : entry.parameters,
  };
}

function squeezeEntry(
  { hiddenUnits }: SqueezeController,
  inChannels: number,
  path: string,
  place: LayerPlace,
): LayerEntry {
  return {
    ...place,
    path,
    operation: 'linear, batch norm',
    outShape: [hiddenUnits],
    work: {
      macs: inChannels * hiddenUnits,
      batchNormOperations: 2 * hiddenUnits,
      activationOperations: hiddenUnits,
    },
    parameters: inChannels * hiddenUnits + 2 * hiddenUnits,
  };
}

/** The projection, and a step of the LSTM; the first in a network has no state to read. */
function recurrentEntries(
  { embedUnits, hiddenUnits }: RecurrentController,
  inChannels: number,
  { path, place, isFirst }: { readonly path: string; readonly place: LayerPlace; readonly isFirst: boolean },
): LayerEntry[] {
  const gates = 4 * hiddenUnits;
  return [
    {
      ...place,
      path: `${path}.embed`,
      operation: 'linear',
      outShape: [embedUnits],
      work: { macs: inChannels * embedUnits, biasOperations: embedUnits },
      parameters: inChannels * embedUnits + embedUnits,
    },
    {
      ...place,
      path: `${path}.cell`,
      operation: 'LSTM',
      outShape: [hiddenUnits],
      work: {
        macs: (embedUnits + (isFirst ? 0 : hiddenUnits)) * gates,
        biasOperations: gates,
        // the curves of four gates and of the cell, two products; where there was a cell state, one more and a sum
        activationOperations: gates + (isFirst ? 3 : 5) * hiddenUnits,
      },
      parameters: 0,
    },
  ];
}

function isShared({ previousState }: StateController): boolean {
  return previousState === 'shared';
}
