import { createArchitecture } from '@dmnn/backbones';
import { gatedBlocks } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { RecipeError } from './recipe-error.js';
import { recipeNamed, recipeNames } from './recipes.js';

describe('recipeNamed', () => {
  it.each(recipeNames())('%s names a network that exists, gated where the recipe has gating', (name) => {
    const recipe = recipeNamed(name);
    const architecture = createArchitecture(recipe.model.name);
    expect(recipe.name).toBe(name);
    expect(gatedBlocks(architecture).length > 0).toBe(recipe.gating !== null);
  });

  it('has the paper’s settings', () => {
    expect(recipeNamed('imagenet-dmnn50-n2')).toMatchObject({
      epochs: 120,
      batchSize: 256,
      optimiser: { momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
      learningRate: { kind: 'cosine', from: 0.1, to: 0 },
    });
    expect(recipeNamed('imagenet-mobilenetv2').optimiser.weightDecay).toBe(4e-5);
    expect(recipeNamed('cifar100-dmnn50-n2')).toMatchObject({
      epochs: 200,
      batchSize: 256,
      optimiser: { momentum: 0.9, weightDecay: 1e-4 },
      learningRate: { kind: 'step', from: 0.1, factor: 0.1, atEpochs: [100, 150] },
    });
  });

  it('augments image files as such, small images as those are, and shapes not at all: they are as many as are wanted', () => {
    for (const { name, data, augmentation } of recipeNames().map(recipeNamed)) {
      expect([name, augmentation]).toEqual([
        name,
        data === 'imagenet' ? 'random-resized-crop' : data === 'shapes' ? 'none' : 'pad-crop-flip',
      ]);
    }
  });

  it('suggests near names for an unknown one', () => {
    try {
      recipeNamed('cifar-resnet-2O');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(RecipeError);
      expect(error).toMatchObject({ code: 'DMNN_UNKNOWN_RECIPE' });
      expect((error as Error).message).toContain('did you mean cifar-resnet20');
    }
    expect(() => recipeNamed('zzzzzzzzzzzzzz')).toThrow(/known are imagenet-resnet50, /);
  });
});
