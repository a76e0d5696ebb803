import { isSamePadding } from '@dmnn/architecture/internal';
import type { FoldedUnit } from './folded-unit.js';

/**
 * Whether sub-blocks that are open together can run as one wider path with the same sum: all have the same shape, the
 * first unit reads one map, and the last one adds to one map and has no activation of its own.
 */
export function areMergeable(paths: readonly (readonly FoldedUnit[])[]): boolean {
  const [first] = paths;
  return first !== undefined && mergeableEnds(first) && paths.every((path) => sameShape(path, first));
}

function sameShape(path: readonly FoldedUnit[], other: readonly FoldedUnit[]): boolean {
  const keys = ['kernelSize', 'stride', 'groups', 'inChannels', 'outChannels', 'activation'] as const;
  return (
    path.length === other.length &&
    path.every((unit, k) => {
      const like = other[k] as FoldedUnit;
      return keys.every((key) => unit[key] === like[key]) && isSamePadding(unit, like);
    })
  );
}

function mergeableEnds(path: readonly FoldedUnit[]): boolean {
  if (path.length < 2) return false;
  const first = path[0] as FoldedUnit;
  const last = path[path.length - 1] as FoldedUnit;
  return first.groups === 1 && last.groups === 1 && last.activation === 'none';
}
