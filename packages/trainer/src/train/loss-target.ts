import type { Architecture } from '@dmnn/architecture';
import { type FlopsTable, alwaysMacs, countNetwork, flopsTable, fullMacs } from '@dmnn/flops';
import { targetForOptimum } from '@dmnn/losses';
import type { GatingRecipe } from '@dmnn/runs';

/**
 * t of Eq. 12 and 14: the recipe's target, or the one whose joint optimum is the rate or the cost that it asks for.
 *
 * @throws RangeError if it asks for a cost that no gates can come to
 */
export function lossTarget(
  { targetRate, targetOf = 'both' }: Pick<GatingRecipe, 'targetRate' | 'targetOf'>,
  table: FlopsTable,
): number {
  switch (targetOf) {
    case 'both':
      return targetRate;
    case 'rate':
      return targetForOptimum(table, { executionRate: targetRate });
    case 'flops':
      return targetForOptimum(table, { flopsRate: targetRate });
    default:
      return targetOf satisfies never;
  }
}

/** The recipe with the target that its losses have: the same, unless it asks for a rate or a cost. */
export function withLossTarget<R extends { readonly gating: GatingRecipe | null }>(
  recipe: R,
  table: FlopsTable,
): R {
  const { gating } = recipe;
  if (!gating || (gating.targetOf ?? 'both') === 'both') return recipe;
  return { ...recipe, gating: { ...gating, targetRate: lossTarget(gating, table), targetOf: 'both' } };
}

/** What is wrong with what a recipe's target is of, in words. */
export function lossTargetProblems(architecture: Architecture, gating: GatingRecipe | null): string[] {
  if (gating?.targetOf !== 'flops') return [];
  const table = flopsTable(countNetwork(architecture));
  const fixed = alwaysMacs(table) / fullMacs(table);
  if (gating.targetRate > fixed) return [];
  return [
    `gating.targetRate: expected more than ${fixed.toFixed(4)}, the share of its MACs that ${architecture.name} runs for every image, since targetOf is flops, got ${gating.targetRate}`,
  ];
}
