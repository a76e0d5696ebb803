import { expect, it } from 'vitest';
import { overrideRecipe } from './override-recipe.js';
import { parseRecipe } from './parse-recipe.js';
import { recipeNamed } from './recipes.js';
import { settingPaths } from './setting-paths.js';

it('are what can be set, at every depth, each once', () => {
  const paths = settingPaths();
  expect(paths).toEqual(
    expect.arrayContaining(['epochs', 'model.name', 'gating.targetRate', 'learningRate.from']),
  );
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of [
    'epochs=2',
    'batchSize=2',
    'seed=3',
    'optimiser.momentum=0.5',
    'learningRate.from=0.2',
  ]) {
    expect(paths).toContain(path.split('=')[0]);
    expect(parseRecipe(overrideRecipe(recipeNamed('demo'), [path]))).toBeDefined();
  }
});
