import { type Architecture, placedBlocks } from '@dmnn/architecture';
import type { GatingRecipe } from '@dmnn/runs';

/** Target rates of a network whose gated blocks have one each. */
export interface LayerTargets {
  /** Of each gated block, in order. */
  readonly gated: readonly number[];
  /** How many blocks the network has, with a gate or without: what the mean is taken over. */
  readonly blocks: number;
}

/** The target rates of each gated block; undefined if the recipe has the paper's losses instead. */
export function layerTargetsOf(
  architecture: Architecture,
  gating: Pick<GatingRecipe, 'layerTargets' | 'targetRate'> | null,
): LayerTargets | undefined {
  const targets = gating?.layerTargets;
  if (!gating || targets === undefined) return undefined;
  const placed = placedBlocks(architecture);
  const gated = placed.flatMap(({ block }, index) => {
    if (!block.controller) return [];
    return [targets === 'same' ? gating.targetRate : (targets[index] as number)];
  });
  return { gated, blocks: placed.length };
}

/** What is wrong with a recipe's target rates for a network, in words. */
export function layerTargetProblems(
  architecture: Architecture,
  gating: Pick<GatingRecipe, 'layerTargets'> | null,
): string[] {
  const targets = gating?.layerTargets;
  if (targets === undefined || targets === 'same') return [];
  const placed = placedBlocks(architecture);
  if (targets.length !== placed.length) {
    return [
      `gating.layerTargets: expected ${placed.length} target rates, one for each block of ${architecture.name}, got ${targets.length}`,
    ];
  }
  return placed.flatMap(({ block, path }, index) =>
    block.controller || targets[index] === 1
      ? []
      : [
          `gating.layerTargets.${index}: expected 1, since ${path} has no gate, got ${String(targets[index])}`,
        ],
  );
}
