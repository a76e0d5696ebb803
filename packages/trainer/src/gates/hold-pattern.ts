import { gatesOfPattern } from '@dmnn/gating';
import type { Network } from '@dmnn/network';
import type { Recipe } from '@dmnn/runs';
import { constantGates } from '@dmnn/weights';

/**
 * Makes the controllers of a network constant, if the recipe's pattern is fixed: so that its checkpoints decide alike in
 * every execution and every exported file, which know nothing of recipes.
 */
export async function holdPattern(network: Network, { gating }: Pick<Recipe, 'gating'>): Promise<void> {
  if (gating?.policy?.kind !== 'fixed') return;
  const { architecture } = network;
  const weights = await network.weights();
  network.load(constantGates({ architecture, weights }, gatesOfPattern(gating.policy.pattern)).weights);
}
