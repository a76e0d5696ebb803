import { slimmable } from '@dmnn/backbones';
import type { Network } from '@dmnn/network';
import type { Recipe } from '@dmnn/runs';
import { NarrowNetwork } from './narrow-network.js';

/**
 * The narrow widths of a recipe's slimmable network, widest first; none if it has none.
 *
 * @param widest - the network of width 1
 */
export function narrowNetworks(
  widest: Network,
  recipe: Pick<Recipe, 'model' | 'slimmable'>,
  data: { readonly imageSizePx: number },
): NarrowNetwork[] {
  if (!recipe.slimmable) return [];
  const { widths, networks } = slimmable(recipe.model.name, {
    widths: recipe.slimmable.widths,
    classes: widest.architecture.head.classes,
    imageSizePx: data.imageSizePx,
  });
  const narrow: NarrowNetwork[] = [];
  try {
    for (const [index, architecture] of networks.slice(0, -1).entries())
      narrow.unshift(new NarrowNetwork(widest, { width: widths[index] as number, architecture }));
  } catch (error) {
    for (const one of narrow) one.dispose();
    throw error;
  }
  return narrow;
}
