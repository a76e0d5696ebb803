import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { openingInTurn } from '@dmnn/gating';
import type { NetworkOptions } from '@dmnn/network';
import { ofEachSubBlock } from '@dmnn/weights/internal';
import { type GatingRecipe, type TargetRecipe, gatingTarget } from '@dmnn/runs';

type Opening = Pick<GatingRecipe, 'openingRate' | 'openingScale'> & TargetRecipe;

/** The opening rates and scales that a recipe gives the sub-blocks of a network. */
export function openingOf(
  architecture: Architecture,
  gating: Opening | null,
): Pick<NetworkOptions, 'openingRate' | 'openingScale'> {
  if (!gating) return {};
  const { openingRate, openingScale } = gating;
  const subBlocks = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  const rates =
    openingRate === 'in-turn' ? openingInTurn(gatingTarget(gating).value, subBlocks) : openingRate;
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
