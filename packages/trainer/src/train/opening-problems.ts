import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import type { GatingRecipe } from '../recipe/recipe.js';

/** What is wrong with how a recipe has the sub-blocks of a network begin, in words. */
export function openingProblems(
  architecture: Architecture,
  gating: Pick<GatingRecipe, 'openingRate' | 'openingScale'> | null,
): string[] {
  if (!gating) return [];
  return (['openingRate', 'openingScale'] as const).flatMap((name) => {
    const each = gating[name];
    if (each === undefined || typeof each === 'number') return [];
    const other = gatedBlocks(architecture).find(({ block }) => block.subBlocks.length !== each.length);
    if (!other) return [];
    return [
      `gating.${name}: expected a number, or ${other.block.subBlocks.length}, one for each sub-block of ${other.path}, got ${each.length}`,
    ];
  });
}
