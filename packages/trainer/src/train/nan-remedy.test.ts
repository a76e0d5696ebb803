import { parseRecipe, recipeNamed } from '@dmnn/runs';
import { expect, it } from 'vitest';
import { nanRemedy } from './nan-remedy.js';

const demo = recipeNamed('demo');
const pruned = recipeNamed('imagenet-pruned-resnet50');
const named = parseRecipe({ ...demo, name: 'mine' });

/** The rate that is advised in place of another. */
function advised(recipe: typeof demo, from: number): number {
  const learningRate = { ...recipe.learningRate, from };
  const run = { recipe: { ...recipe, learningRate }, checkpointStep: 8, mayChange: true, block: undefined };
  const [, rate] = /--set learningRate\.from=(\S+) \(now/.exec(nanRemedy(run)) ?? [];
  return Number(rate);
}

it('advises a tenth of the rate', () => {
  expect(advised(named, 0.5)).toBe(0.05);
  expect(advised(named, 0.1)).toBe(0.01);
  expect(advised(named, 1)).toBe(0.1);
  expect(advised(named, 1e-30)).toBe(1e-31);
});

it('advises the usual rate where a tenth would be no remedy', () => {
  expect(advised(named, 1e30)).toBe(0.1);
  expect(advised(named, 1.5)).toBe(0.1);
});

it('advises the rate of the recipe of that name', () => {
  expect(pruned.learningRate.from).toBe(0.001);
  expect(advised(pruned, 0.1)).toBe(0.001);
  expect(advised(pruned, 0.005)).toBe(0.0005);
});
