import type { GatingRecipe } from './recipe.js';

/** The keys of a gating recipe that set the target of the gates. */
export type TargetRecipe = Pick<GatingRecipe, 'targetRate' | 'targetOf' | 'layerTargets'>;

/**
 * The target that a recipe sets for the gates. `value` is the number in the recipe, in (0, 1].
 *
 * - `both`: `value` is t of Eq. 12 and 14.
 * - `rate`: gates should be open at that rate; t is chosen so that the joint optimum has it.
 * - `flops`: an image should cost that share of the network's MACs; t is chosen so that the joint optimum has it.
 * - `blocks`: ConvNet-AIG's loss, with a target rate for each block, in order, or `same`: `value` for each gated block.
 */
export type GatingTarget =
  | { readonly kind: 'both' | 'rate' | 'flops'; readonly value: number }
  | { readonly kind: 'blocks'; readonly value: number; readonly rates: 'same' | readonly number[] };

/**
 * The target of the gates, from the keys of a gating recipe.
 *
 * @example
 * ```ts
 * import { gatingTarget } from '@dmnn/runs';
 *
 * console.log(gatingTarget({ targetRate: 0.6 })); // => { kind: 'both', value: 0.6 }
 * console.log(gatingTarget({ targetRate: 0.6, layerTargets: 'same' }).kind); // => blocks
 * ```
 */
export function gatingTarget({ targetRate: value, targetOf, layerTargets }: TargetRecipe): GatingTarget {
  if (layerTargets !== undefined) return { kind: 'blocks', value, rates: layerTargets };
  return { kind: targetOf ?? 'both', value };
}
