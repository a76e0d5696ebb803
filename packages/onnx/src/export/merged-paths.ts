import { type FoldedUnit, areMergeable } from '@dmnn/weights/internal';

/** How paths are merged. */
export interface Merging {
  /** Number of channels that the engine computes together; a partly filled group costs as much as a full one. */
  readonly lanes: number;
  /** Whether zeros may be computed in the middle if that costs less than empty lanes. */
  readonly dense: boolean;
}

/**
 * Merges sub-blocks that are open together into fewer and wider paths with the same sum.
 *
 * Paths of the same shape are merged into one: the outputs of the first convolutions are concatenated, those in the
 * middle become groups, and the last one, which adds to the same channels in all paths, reads all of them. The result
 * is the undivided block with a grouped convolution in the middle. Groups that do not fill the lanes would leave an
 * engine's fast layout: 24 channels take as long as 32. Two such groups have 48 channels, which fill three lanes of 16,
 * with zeros between them in the middle. If that is not cheaper either, or if shapes differ, paths stay separate.
 */
export function mergedPaths(
  paths: readonly (readonly FoldedUnit[])[],
  merging: Merging,
): (readonly FoldedUnit[])[] {
  const [first] = paths;
  if (!first || paths.length === 1 || !areMergeable(paths)) return [...paths];
  if (fillsLanes(first, merging)) return [sideBySide(paths, sideGroups)];
  if (!merging.dense || !first.every(({ groups }) => groups === 1)) return [...paths];
  const one = sideBySide(paths, sideBlocks);
  const apart = paths.reduce((total, path) => total + cost(path, merging), 0);
  return cost(one, merging) < apart ? [one] : [...paths];
}

/** Merges paths of the same shape; `middle` merges the units between the first and the last. */
function sideBySide(
  paths: readonly (readonly FoldedUnit[])[],
  middle: (units: readonly FoldedUnit[]) => FoldedUnit,
): readonly FoldedUnit[] {
  const [first = []] = paths;
  return first.map((_, k) => {
    const units = paths.map((path) => path[k] as FoldedUnit);
    if (k === first.length - 1) return sideInputs(units);
    return k === 0 ? sideOutputs(units) : middle(units);
  });
}

/** Multiply–accumulates per output pixel of the path, including empty lanes. */
function cost(path: readonly FoldedUnit[], { lanes }: Merging): number {
  const filled = (channels: number) => Math.ceil(channels / lanes) * lanes;
  return path.reduce((total, { kernelSize, inChannels, outChannels }, k) => {
    const pixels = path.slice(k + 1).reduce((product, { stride }) => product * stride ** 2, 1);
    return total + pixels * kernelSize ** 2 * filled(inChannels) * filled(outChannels);
  }, 0);
}

function fillsLanes(path: readonly FoldedUnit[], { lanes }: Merging): boolean {
  return path
    .slice(1, -1)
    .every(
      ({ groups, inChannels, outChannels }) =>
        groups > 1 || (inChannels % lanes === 0 && outChannels % lanes === 0),
    );
}

/** Concatenates outputs and shares inputs. */
function sideOutputs(units: readonly FoldedUnit[]): FoldedUnit {
  const first = units[0] as FoldedUnit;
  return {
    ...first,
    ...mergedNames(units),
    outChannels: first.outChannels * units.length,
    weight: joined(units.map(({ weight }) => weight)),
    bias: joined(units.map(({ bias }) => bias)),
  };
}

/** Concatenates inputs and outputs, with one group per unit. */
function sideGroups(units: readonly FoldedUnit[]): FoldedUnit {
  const first = units[0] as FoldedUnit;
  return {
    ...sideOutputs(units),
    groups: first.groups * units.length,
    inChannels: first.inChannels * units.length,
  };
}

/** Like `sideGroups` without groups: zero weights between a unit and the inputs of the others. */
function sideBlocks(units: readonly FoldedUnit[]): FoldedUnit {
  const grouped = sideGroups(units);
  const { inChannels, outChannels } = units[0] as FoldedUnit;
  const area = grouped.kernelSize ** 2;
  const row = inChannels * area;
  const weight = new Float32Array(grouped.outChannels * grouped.inChannels * area);
  for (let o = 0; o < grouped.outChannels; o++) {
    const n = Math.floor(o / outChannels);
    weight.set(grouped.weight.subarray(o * row, (o + 1) * row), (o * units.length + n) * row);
  }
  return { ...grouped, groups: 1, weight };
}

/** Concatenates inputs and sums outputs. */
function sideInputs(units: readonly FoldedUnit[]): FoldedUnit {
  const first = units[0] as FoldedUnit;
  const row = first.weight.length / first.outChannels;
  const weight = new Float32Array(first.weight.length * units.length);
  for (let o = 0; o < first.outChannels; o++) {
    units.forEach((unit, n) => {
      weight.set(unit.weight.subarray(o * row, (o + 1) * row), (o * units.length + n) * row);
    });
  }
  const bias = first.bias.map((_, o) => units.reduce((sum, unit) => sum + (unit.bias[o] as number), 0));
  return { ...first, ...mergedNames(units), inChannels: first.inChannels * units.length, weight, bias };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function mergedNames(units: readonly FoldedUnit[]): Pick<FoldedUnit, 'path' | 'mergedFrom'> {
  const { path } = units[0] as FoldedUnit;
  return { path: path.replace(/subblock\d+/, 'merged'), mergedFrom: units.map((unit) => unit.path) };
}
