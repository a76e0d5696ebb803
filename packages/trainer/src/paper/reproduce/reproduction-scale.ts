import type { Recipe } from '@dmnn/runs';
import { laptopRecipe } from './laptop-recipe.js';
import { rowRecipe } from '../rows/row-recipe.js';

/** Whether a row is trained as the paper did, or the same method on a small network of CIFAR-100's images. */
export type ReproductionScale = 'paper' | 'laptop';

/** The recipe of a row at a scale. @throws what {@link rowRecipe} throws */
export function recipeAtScale(rowId: string, scale: ReproductionScale): Recipe {
  return scale === 'laptop' ? laptopRecipe(rowId) : rowRecipe(rowId);
}
