import type { FoldedUnit } from './folded-unit.js';

/** How paths become one. */
export interface Merging {
  /** Channels that the engine computes together; narrower maps cost as much as full ones. */
  readonly lanes: number;
  /** Whether zeros may be computed in the middle where that costs less than lanes that stay empty. */
  readonly dense: boolean;
}

/**
 * Sub-blocks that are open together, as fewer and wider paths whose sum is theirs.
 *
 * Paths of the same shape become one: first convolutions stand side by side, those in the middle become groups, and the
 * last, which all add to the same channels, read all of them. That is the undivided block with a grouped convolution in
 * its middle. Groups that do not fill the lanes would leave an engine's fast layout: 24 channels take the time of 32. Two
 * of them are 48, which fill three lanes of 16, with zeros between them in the middle; where that is no cheaper either,
 * or shapes differ, paths stay apart.
 */
export function mergedPaths(
  paths: readonly (readonly FoldedUnit[])[],
  merging: Merging,
): (readonly FoldedUnit[])[] {
  const [first] = paths;
  if (
    !first ||
    paths.length === 1 ||
    !paths.every((path) => sameShape(path, first)) ||
    !mergeableEnds(first)
  ) {
    return [...paths];
  }
  if (fillsLanes(first, merging)) return [sideBySide(paths, sideGroups)];
  if (!merging.dense || !first.every(({ groups }) => groups === 1)) return [...paths];
  const one = sideBySide(paths, sideBlocks);
  const apart = paths.reduce((total, path) => total + cost(path, merging), 0);
  return cost(one, merging) < apart ? [one] : [...paths];
}

/** Paths of the same shape as one; `middle` says how units between the first and the last come together. */
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

/** Multiply–accumulates with empty lanes counted, for each pixel that leaves the path. */
function cost(path: readonly FoldedUnit[], { lanes }: Merging): number {
  const filled = (channels: number) => Math.ceil(channels / lanes) * lanes;
  return path.reduce((total, { kernelSize, inChannels, outChannels }, k) => {
    const pixels = path.slice(k + 1).reduce((product, { stride }) => product * stride ** 2, 1);
    return total + pixels * kernelSize ** 2 * filled(inChannels) * filled(outChannels);
  }, 0);
}

function sameShape(path: readonly FoldedUnit[], other: readonly FoldedUnit[]): boolean {
  const keys = [
    'kernelSize',
    'stride',
    'padding',
    'groups',
    'inChannels',
    'outChannels',
    'activation',
  ] as const;
  return (
    path.length === other.length &&
    path.every((unit, k) => keys.every((key) => unit[key] === other[k]?.[key]))
  );
}

function mergeableEnds(path: readonly FoldedUnit[]): boolean {
  if (path.length < 2) return false;
  const first = path[0] as FoldedUnit;
  const last = path[path.length - 1] as FoldedUnit;
  return first.groups === 1 && last.groups === 1 && last.activation === 'none';
}

function fillsLanes(path: readonly FoldedUnit[], { lanes }: Merging): boolean {
  return path
    .slice(1, -1)
    .every(
      ({ groups, inChannels, outChannels }) =>
        groups > 1 || (inChannels % lanes === 0 && outChannels % lanes === 0),
    );
}

/** Outputs side by side, inputs shared. */
function sideOutputs(units: readonly FoldedUnit[]): FoldedUnit {
  const first = units[0] as FoldedUnit;
  return {
    ...first,
    path: merged(first.path),
    outChannels: first.outChannels * units.length,
    weight: joined(units.map(({ weight }) => weight)),
    bias: joined(units.map(({ bias }) => bias)),
  };
}

/** Inputs and outputs side by side, each unit a group. */
function sideGroups(units: readonly FoldedUnit[]): FoldedUnit {
  const first = units[0] as FoldedUnit;
  return {
    ...sideOutputs(units),
    groups: first.groups * units.length,
    inChannels: first.inChannels * units.length,
  };
}

/** The same without groups: zeros where a unit does not read another's input. */
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

/** Inputs side by side, outputs summed. */
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
  return { ...first, path: merged(first.path), inChannels: first.inChannels * units.length, weight, bias };
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

function merged(path: string): string {
  return path.replace(/subblock\d+/, 'merged');
}
