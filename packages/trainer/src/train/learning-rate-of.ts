import {
  type LearningRate,
  constantRate,
  cosineRate,
  stepRate,
  withWarmUp,
} from '../optimiser/learning-rate.js';
import type { LearningRateRecipe } from '@dmnn/runs';

/** The learning rate of a recipe, step by step: its epochs are counted from the start of training, warm-up included. */
export function learningRateOf(
  recipe: LearningRateRecipe,
  at: { epochs: number; stepsPerEpoch: number },
): LearningRate {
  const warmUpSteps = Math.round(recipe.warmUpEpochs * at.stepsPerEpoch);
  return withWarmUp(afterWarmUp(recipe, warmUpSteps, at), warmUpSteps);
}

function afterWarmUp(
  recipe: LearningRateRecipe,
  warmUpSteps: number,
  { epochs, stepsPerEpoch }: { epochs: number; stepsPerEpoch: number },
): LearningRate {
  switch (recipe.kind) {
    case 'constant':
      return constantRate(recipe.from);
    case 'cosine':
      return cosineRate({ from: recipe.from, to: recipe.to, steps: epochs * stepsPerEpoch - warmUpSteps });
    case 'step':
      return stepRate({
        from: recipe.from,
        factor: recipe.factor,
        atSteps: recipe.atEpochs.map((epoch) => epoch * stepsPerEpoch - warmUpSteps),
      });
    default:
      return recipe satisfies never;
  }
}
