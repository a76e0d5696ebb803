import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { openingInTurn } from '@dmnn/gating';
import type { NetworkOptions } from '@dmnn/network';
import type { GatingRecipe } from '../recipe/recipe.js';

type Opening = Pick<GatingRecipe, 'openingRate' | 'openingScale' | 'targetRate'>;

/** How a recipe has the sub-blocks of a network begin. */
export function openingOf(
  architecture: Architecture,
  gating: Opening | null,
): Pick<NetworkOptions, 'openingRate' | 'openingScale'> {
  if (!gating) return {};
  const { openingRate, openingScale, targetRate } = gating;
  const subBlocks = gatedBlocks(architecture)[0]?.block.subBlocks.length ?? 1;
  return {
    openingRate: openingRate === 'in-turn' ? openingInTurn(targetRate, subBlocks) : openingRate,
    ...(openingScale !== undefined && {
      openingScale: openingScale === 'first' ? firstAlone(subBlocks) : openingScale,
    }),
  };
}

/** 1 for the first sub-block, 0 for the others. */
function firstAlone(subBlocks: number): number[] {
  return Array.from({ length: subBlocks }, (_, n) => (n === 0 ? 1 : 0));
}

/** What is wrong with that, in words. */
export function openingProblems(architecture: Architecture, gating: Opening | null): string[] {
  const opening = openingOf(architecture, gating);
  return (['openingRate', 'openingScale'] as const).flatMap((name) => {
    const each = opening[name];
    if (each === undefined || typeof each === 'number') return [];
    const other = gatedBlocks(architecture).find(({ block }) => block.subBlocks.length !== each.length);
    if (!other) return [];
    const got =
      typeof gating?.[name] === 'string'
        ? `${gating[name]}, which is for blocks of equally many`
        : each.length;
    return [
      `gating.${name}: expected a number, or ${other.block.subBlocks.length}, one for each sub-block of ${other.path}, got ${got}`,
    ];
  });
}
