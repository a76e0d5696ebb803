import { type Architecture, gatedBlocks, placedBlocks } from '@dmnn/architecture';
import { type Dataset, stepsPerEpoch } from '@dmnn/data';
import { augmentationsOf } from '@dmnn/data/internal';
import type { Recipe } from '@dmnn/runs';
import { gatingProblems } from '../gates/gating-problems.js';
import { sizeProblems } from './size-problems.js';
import { partProblems } from './trained-parts.js';

/**
 * Why a recipe cannot train a network on a data set.
 *
 * @param architecture - the recipe's, for these data
 * @returns one line each; empty if it can. Whether it has weights to begin with is not looked at
 */
export function recipeProblems(
  recipe: Recipe,
  architecture: Architecture,
  data: { readonly train: Dataset; readonly test: Dataset },
): string[] {
  const { train, test } = data;
  const problems: string[] = [];
  const gated = gatedBlocks(architecture).length;
  if (gated > 0 && !recipe.gating) {
    problems.push(
      `gating: expected settings, since ${architecture.name} has ${gated} gated blocks, got null. Take the gating of another recipe, such as demo-dynamic (dmnn recipes --json)`,
    );
  }
  if (gated === 0 && recipe.gating) {
    problems.push(
      `gating: expected null, since ${architecture.name} has no gated blocks, got settings. ${placedBlocks(architecture).length > 0 ? 'Divide it (--set model.subBlocks=2), or leave gates out (--set gating=null)' : 'It has no blocks to be divided: --set gating=null'}`,
    );
  }
  if (gated > 0 && recipe.slimmable) {
    problems.push(`slimmable: expected none, since ${architecture.name} has gated blocks, got settings`);
  }
  problems.push(...gatingProblems(architecture, recipe.gating), ...partProblems(recipe, architecture));
  for (const split of ['train', 'test'] as const) {
    if (data[split].size < 1) problems.push(`data.${split}: expected at least one image, got none`);
  }
  if (train.size > 0 && stepsPerEpoch(train.size, recipe) === 0) {
    problems.push(
      `batchSize: expected at most the ${train.size} training images, got ${recipe.batchSize}. Set it smaller (--set batchSize=${2 ** Math.floor(Math.log2(train.size))}), or add images`,
    );
  }
  if (recipe.pruning && recipe.pruning.batchSize > train.size) {
    problems.push(
      `pruning.batchSize: expected at most the ${train.size} training images, got ${recipe.pruning.batchSize}. Set it smaller (--set pruning.batchSize=…)`,
    );
  }
  const augmentations = augmentationsOf(train);
  if (!augmentations.includes(recipe.augmentation)) {
    problems.push(
      `augmentation: expected ${augmentations.join(' or ')} for ${train.name}, got ${recipe.augmentation}`,
    );
  }
  const { imageSizePx = train.imageSizePx } = recipe;
  if (imageSizePx !== train.imageSizePx) {
    problems.push(
      `imageSizePx: expected ${train.imageSizePx}, as the images of ${train.name} are, got ${imageSizePx}`,
    );
  }
  for (const key of ['classes', 'imageSizePx'] as const) {
    if (train[key] === test[key]) continue;
    problems.push(`data: expected one ${key} for training and test, got ${train[key]} and ${test[key]}`);
  }
  if (train.classes < 2) {
    problems.push(
      `data: expected at least two classes, got ${train.classes}: there is nothing to tell apart`,
    );
  }
  if (gated > 0 && recipe.pruning) {
    problems.push(`pruning: expected none, since ${architecture.name} has gated blocks, got settings`);
  }
  problems.push(...sizeProblems(recipe, architecture, data));
  return problems;
}
