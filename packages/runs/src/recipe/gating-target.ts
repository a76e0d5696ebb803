import type { GatingRecipe } from './recipe.js';

/** The keys of a gating recipe that say what is asked of the gates. */
export type TargetRecipe = Pick<GatingRecipe, 'targetRate' | 'targetOf' | 'layerTargets'>;

/**
 * What a recipe asks of the gates. `value` is the number that it names, in (0, 1].
 *
 * - `both`: it is t of Eq. 12 and 14.
 * - `rate`: gates shall be open at that rate; t is the one whose joint optimum that is.
 * - `flops`: an image shall cost that share of the network's MACs; t is the one whose joint optimum that is.
 * - `blocks`: ConvNet-AIG's loss, with a target rate for each block, in order, or `same`: `value` for each gated block.
 */
export type GatingTarget =
  | { readonly kind: 'both' | 'rate' | 'flops'; readonly value: number }
  | { readonly kind: 'blocks'; readonly value: number; readonly rates: 'same' | readonly number[] };

/**
 * What a gating recipe asks of the gates, of the keys that it has on disk.
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
