import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import type { GatingRecipe } from '../recipe/recipe.js';

/** What is wrong with a recipe's rates at the start for a network, in words. */
export function openingRateProblems(
  architecture: Architecture,
  gating: Pick<GatingRecipe, 'openingRate'> | null,
): string[] {
  const rates = gating?.openingRate;
  if (rates === undefined || typeof rates === 'number') return [];
  const other = gatedBlocks(architecture).find(({ block }) => block.subBlocks.length !== rates.length);
  if (!other) return [];
  return [
    `gating.openingRate: expected a number, or ${other.block.subBlocks.length}, one for each sub-block of ${other.path}, got ${rates.length}`,
  ];
}
