import { describe, expect, it } from 'vitest';
import { parseRecipe } from './parse-recipe.js';
import { recipeDifferences } from './recipe-differences.js';
import { recipeNamed } from './recipes.js';
import { recipeToResume } from './recipe-to-resume.js';
import { settingPaths } from './setting-paths.js';
import { isSteering, steeringSettings } from './steering-settings.js';

describe('steeringSettings', () => {
  it('names settings that exist, each once, and says what it steers', () => {
    const paths = steeringSettings.map(({ path }) => path);
    expect(settingPaths()).toEqual(expect.arrayContaining(paths));
    expect(new Set(paths).size).toBe(paths.length);
    for (const path of paths) expect(paths.some((other) => path.startsWith(`${other}.`))).toBe(false);
    for (const { steers } of steeringSettings) expect(steers).toMatch(/^\w/);
  });

  it.each([
    ['learningRate.from', true],
    ['learningRate.atEpochs.1', true],
    ['epochs', true],
    ['epochsOfAnother', false],
    ['gating.category.weights', true],
    ['gating.category', false], // heads would come or go
    ['fineTuning.learningRateFactors.trunk', true],
    ['fineTuning.distillation', false], // a teacher would
    ['gating.openingRate', false],
    ['seed', false],
    ['model.name', false],
    ['batchSize', false],
    ['optimiser.momentum', false],
    ['', false],
  ])('%s only steers: %s', (path, expected) => {
    expect(isSteering(path)).toBe(expected);
  });
});

describe('recipeToResume', () => {
  const begun = parseRecipe({ ...recipeNamed('demo-dynamic'), epochs: 7 });
  const given = recipeNamed('demo-dynamic');

  it('changes what an assignment says, and nothing that was left out', () => {
    const { recipe, kept } = recipeToResume(begun, given, ['learningRate.from=0.01']);
    expect(recipe).toEqual({ ...begun, learningRate: { ...begun.learningRate, from: 0.01 } });
    expect(kept.map(({ path, then, now }) => [path, then, now])).toContainEqual(['epochs', 7, given.epochs]);
    expect(recipeToResume(begun, begun, [])).toEqual({ recipe: begun, kept: [] });
  });

  it('leaves the recipe of another run as it is, for an error that names all differences', () => {
    const other = parseRecipe({ ...given, seed: 9 });
    expect(recipeToResume(begun, other, [])).toEqual({ recipe: other, kept: [] });
    const { others } = recipeDifferences(begun, recipeToResume(begun, given, ['seed=9']).recipe);
    expect(others.map(({ path }) => path)).toEqual(['seed']);
  });
});
