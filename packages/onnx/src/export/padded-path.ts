import type { FoldedUnit } from './folded-unit.js';

/**
 * Rounds the hidden channels of a path up to a multiple, with filters of zeros whose outputs nothing reads. What enters
 * and what leaves the path stays as wide as it was.
 *
 * Engines compute channels in lanes of 8 or 16, and leave their fast layout where a width does not fit it. Grouped
 * convolutions that are not depth-wise stay as they are.
 */
export function paddedPath(units: readonly FoldedUnit[], multiple: number): FoldedUnit[] {
  const widths = units.slice(0, -1).map(({ outChannels }) => Math.ceil(outChannels / multiple) * multiple);
  const dense = units.every(
    ({ groups, inChannels, outChannels }) =>
      groups === 1 || (groups === inChannels && groups === outChannels),
  );
  if (!dense) return [...units];
  return units.map((unit, k) =>
    padded(unit, widths[k - 1] ?? unit.inChannels, widths[k] ?? unit.outChannels),
  );
}

function padded(unit: FoldedUnit, inChannels: number, outChannels: number): FoldedUnit {
  if (inChannels === unit.inChannels && outChannels === unit.outChannels) return unit;
  const depthwise = unit.groups > 1;
  const area = unit.kernelSize * unit.kernelSize;
  const from = depthwise ? 1 : unit.inChannels;
  const to = depthwise ? 1 : inChannels;
  const weight = new Float32Array(outChannels * to * area);
  const bias = new Float32Array(outChannels);
  bias.set(unit.bias);
  for (let o = 0; o < unit.outChannels; o++) {
    weight.set(unit.weight.subarray(o * from * area, (o + 1) * from * area), o * to * area);
  }
  return { ...unit, inChannels, outChannels, groups: depthwise ? inChannels : 1, weight, bias };
}
