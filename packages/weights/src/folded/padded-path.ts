import type { FoldedUnit } from './folded-unit.js';

/**
 * Rounds the hidden channels of a path up to a multiple, or to what a function says, with zero filters whose outputs are ignored. Input and output
 * widths of the path do not change. A depth-wise convolution writes as many channels as it reads, so a map is widened
 * only between two dense convolutions: one that writes the new channels and one that ignores them. Depth-wise ones at
 * either end of a path keep its outer widths.
 *
 * Engines compute channels in lanes of 8 or 16, and leave their fast layout if a width is not a multiple. A path with a
 * grouped convolution that is not depth-wise is returned unchanged.
 */
export function paddedPath(
  units: readonly FoldedUnit[],
  multiple: number | ((channels: number) => number),
): readonly FoldedUnit[] {
  if (!units.every((unit) => unit.groups === 1 || isDepthwise(unit))) return units;
  const dense = units.flatMap(({ groups }, k) => (groups === 1 ? [k] : []));
  const [first = 0, last = 0] = [dense[0], dense.at(-1)];
  const padded =
    typeof multiple === 'function'
      ? multiple
      : (channels: number) => Math.ceil(channels / multiple) * multiple;
  const widths = units.map(({ outChannels }, k) =>
    first <= k && k < last ? padded(outChannels) : outChannels,
  );
  return units.map((unit, k) =>
    resizedUnit(unit, widths[k - 1] ?? unit.inChannels, widths[k] ?? unit.outChannels),
  );
}

/** Whether each channel has its own filter and produces one channel. */
function isDepthwise({ groups, inChannels, outChannels }: FoldedUnit): boolean {
  return groups > 1 && groups === inChannels && groups === outChannels;
}

/**
 * Widens a dense or depth-wise unit; added channels are written as 0 and ignored when read.
 *
 * @throws RangeError for another grouped unit, or one that reads and writes different numbers of channels channel by
 * channel: their numbers would move to other channels
 */
export function resizedUnit(unit: FoldedUnit, inChannels: number, outChannels: number): FoldedUnit {
  if (inChannels === unit.inChannels && outChannels === unit.outChannels) return unit;
  const depthwise = isDepthwise(unit);
  if (depthwise ? inChannels !== outChannels : unit.groups !== 1) {
    const { path, groups } = unit;
    throw new RangeError(
      `${path}: expected a convolution that can be widened to ${inChannels} → ${outChannels} channels, got ${unit.inChannels} → ${unit.outChannels} in ${groups} groups. Export it without padding.`,
    );
  }
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
