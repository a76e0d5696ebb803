import { type ConvUnit, type UnitShape, activations } from '@dmnn/architecture';
import type { Work } from './work.js';

/** Work of a convolution unit: kernelSize² · inChannels / groups multiply–accumulates per output. */
export function unitWork({ unit, outSizePx }: UnitShape): Work {
  const outputs = outSizePx ** 2 * unit.outChannels;
  return {
    macs: outputs * filterSize(unit),
    batchNormOperations: unit.batchNorm ? 2 * outputs : 0,
    biasOperations: unit.bias ? outputs : 0,
    activationOperations: activations[unit.activation].operations * outputs,
  };
}

/** Number of weights, biases, and batch norm gammas and betas. */
export function unitParameters(unit: ConvUnit): number {
  return unit.outChannels * (filterSize(unit) + (unit.bias ? 1 : 0) + (unit.batchNorm ? 2 : 0));
}

/** A convolution in words: `convolution 3×3, stride 2, 32 groups`. */
export function unitOperation(unit: ConvUnit): string {
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
