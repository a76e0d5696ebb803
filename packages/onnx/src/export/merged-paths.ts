import type { FoldedUnit } from './folded-unit.js';

/**
 * Sub-blocks that are open together, as fewer and wider paths whose sum is theirs.
 *
 * Paths of the same shape become one: first convolutions stand side by side, those in the middle become groups, and the
 * last, which all add to the same channels, read all of them. That is the undivided block with a grouped convolution in
 * its middle. Where an engine would leave its fast layout for those groups, or shapes differ, paths stay apart.
 *
 * @param lanes - channels that an engine computes together; a group must be a multiple of it
 */
export function mergedPaths(
  paths: readonly (readonly FoldedUnit[])[],
  lanes: number,
): (readonly FoldedUnit[])[] {
  const [first] = paths;
  if (
    !first ||
    paths.length === 1 ||
    !paths.every((path) => sameShape(path, first)) ||
    !mergeable(first, lanes)
  ) {
    return [...paths];
  }
  const last = first.length - 1;
  return [
    first.map((unit, k) => {
      const units = paths.map((path) => path[k] as FoldedUnit);
      if (k === last) return sideInputs(units);
      return k === 0 ? sideOutputs(units, 1) : sideOutputs(units, unit.groups * units.length);
    }),
  ];
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

function mergeable(path: readonly FoldedUnit[], lanes: number): boolean {
  if (path.length < 2) return false;
  const first = path[0] as FoldedUnit;
  const last = path[path.length - 1] as FoldedUnit;
  const ends = first.groups === 1 && last.groups === 1 && last.activation === 'none';
  const middle = path
    .slice(1, -1)
    .every(
      ({ groups, inChannels, outChannels }) =>
        groups > 1 || (inChannels % lanes === 0 && outChannels % lanes === 0),
    );
  return ends && middle;
}

/** Outputs side by side; inputs shared (`groups` 1) or side by side too (as many times the groups). */
function sideOutputs(units: readonly FoldedUnit[], groups: number): FoldedUnit {
  const first = units[0] as FoldedUnit;
  return {
    ...first,
    path: merged(first.path),
    groups,
    inChannels: groups === 1 ? first.inChannels : first.inChannels * units.length,
    outChannels: first.outChannels * units.length,
    weight: joined(units.map(({ weight }) => weight)),
    bias: joined(units.map(({ bias }) => bias)),
  };
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
