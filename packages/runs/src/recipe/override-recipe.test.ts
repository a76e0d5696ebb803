import { describe, expect, it } from 'vitest';
import { overrideRecipe } from './override-recipe.js';
import { parseRecipe } from './parse-recipe.js';
import { RecipeError } from './recipe-error.js';
import { recipeNamed } from './recipes.js';

const recipe = recipeNamed('dmnn-cifar-resnet20-n2');

function overridden(...assignments: string[]): ReturnType<typeof parseRecipe> {
  return parseRecipe(overrideRecipe(recipe, assignments));
}

describe('overrideRecipe', () => {
  it('takes a number where a number or a name is expected', () => {
    const rateOf = (text: string): unknown =>
      parseRecipe(overrideRecipe(recipeNamed('demo-dynamic'), [`gating.openingRate=${text}`])).gating
        ?.openingRate;
    expect(['0.5', 'in-turn', '[0.9,0.2]', '[[0.9],[0.2]]'].map(rateOf)).toEqual([
      0.5,
      'in-turn',
      [0.9, 0.2],
      [[0.9], [0.2]],
    ]);
    expect(() => rateOf('2')).toThrow(/gating\.openingRate/);
  });

  it('takes values as the recipe needs them', () => {
    const result = overridden(
      'epochs=2',
      'optimiser.nesterov=false',
      'name=3',
      'learningRate={"kind":"step","from":0.5,"atEpochs":[1]}',
      'gating.bounds={}',
      'model.widths=[8,16,32]',
      'gating.category=null',
    );
    expect(result).toMatchObject({
      epochs: 2,
      optimiser: { nesterov: false, momentum: 0.9 },
      name: '3',
      learningRate: { kind: 'step', from: 0.5, factor: 0.1, atEpochs: [1] },
      gating: { bounds: { weight: 1 }, category: null },
      model: { widths: [8, 16, 32] },
    });
    expect(overridden('model.widths=solver').model.widths).toBe('solver');
  });

  it('makes what is not there on the way', () => {
    const result = parseRecipe(
      overrideRecipe(recipeNamed('cifar-resnet20'), [
        'gating.targetRate=0.5',
        'gating.category.weights=paper',
      ]),
    );
    expect(result.gating).toMatchObject({ targetRate: 0.5, category: { weights: 'paper' } });
  });

  it('applies assignments in order and changes nothing else', () => {
    const before = structuredClone(recipe);
    expect(overridden('seed=2', 'seed=3').seed).toBe(3);
    expect(recipe).toEqual(before);
  });

  it.each([
    ['epochs=many', /epochs: .*got "many"/],
    ['gating.policy.kind=wrong', /gating\.policy\.kind: expected (one of .*sampled.*|sampled), got wrong$/],
    ['evaluation.execution=fast', 'evaluation.execution: expected one of masked, skipping, got fast'],
    ['model.widths=wide', 'model.widths: expected one of paper, solver, share, lanes or array, got wide'],
    ['optimiser.nesterov=1', /optimiser.nesterov: .*got 1/],
    ['gaitng.targetRate=0.5', /gaitng: unknown key, did you mean gating\?/],
    ['epochs=', /epochs: /],
  ])('%s is named by the recipe’s check', (assignment, message) => {
    expect(() => overridden(assignment)).toThrow(message);
  });

  it.each([
    ['epochs', 'expected a.b=value'],
    ['=5', 'expected a.b=value'],
    ['epochs.x=5', 'epochs is not an object'],
    ['optimiser.decay.x=5', 'optimiser.decay is not an object'],
    ['optimiser={"momentum":0.9,"momentum":0.5}', 'key "momentum" appears twice'],
  ])('%s is no assignment', (assignment, message) => {
    expect(() => overrideRecipe(recipe, [assignment])).toThrow(RecipeError);
    expect(() => overrideRecipe(recipe, [assignment])).toThrow(message);
  });

  it('cannot reach a prototype', () => {
    expect(() => overridden('__proto__.polluted=1')).toThrow(/__proto__: unknown key/);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
