import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { openingInTurn } from '@dmnn/gating';
import type { NetworkOptions } from '@dmnn/network';
import { ofEachSubBlock } from '@dmnn/weights/internal';
import type { GatingRecipe } from '@dmnn/runs';

type Opening = Pick<GatingRecipe, 'openingRate' | 'openingScale' | 'targetRate'>;

/** How a recipe has the sub-blocks of a network begin. */
export function openingOf(
  architecture: Architecture,
  gating: Opening | null,
): Pick<NetworkOptions, 'openingRate' | 'openingScale'> {
  if (!gating) return {};
  const { openingRate, openingScale, targetRate } = gating;
  const subBlocks = subBlocksOf(architecture);
  const rates = openingRate === 'in-turn' ? openingInTurn(targetRate, subBlocks) : openingRate;
  if (openingScale === undefined) return { openingRate: rates };
  return {
    openingRate: rates,
    openingScale:
      openingScale === 'first'
        ? ofEachSubBlock('gating.openingRate', rates, subBlocks).map((block) => block.map(scaleOfFirst))
        : openingScale,
  };
}

/** 1 for a sub-block that most images run, 0 for the others. */
const scaleOfFirst = (rate: number) => (rate > 0.5 ? 1 : 0);

/** What is wrong with that, in words. */
export function openingProblems(architecture: Architecture, gating: Opening | null): string[] {
  const subBlocks = subBlocksOf(architecture);
  return (['openingRate', 'openingScale'] as const).flatMap((name) => {
    const setting = gating?.[name];
    if (setting === undefined || typeof setting === 'string') return []; // is made to fit
    try {
      ofEachSubBlock(`gating.${name}`, setting, subBlocks);
      return [];
    } catch (error) {
      return [(error as RangeError).message];
    }
  });
}

const subBlocksOf = (architecture: Architecture) =>
  gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
