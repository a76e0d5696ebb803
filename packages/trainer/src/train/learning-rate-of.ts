import { type Schedule, constant, cosine, step } from '@dmnn/gating';
import type { LearningRateRecipe } from '@dmnn/runs';
import { type LearningRate, overSteps, withWarmUp } from '../optimiser/learning-rate.js';

/** The learning rate of a recipe, step by step: its epochs are counted from the start of training, warm-up included. */
export function learningRateOf(
  recipe: LearningRateRecipe,
  { epochs, stepsPerEpoch }: { epochs: number; stepsPerEpoch: number },
): LearningRate {
  const warmUpSteps = Math.round(recipe.warmUpEpochs * stepsPerEpoch);
  const steps = Math.max(1, epochs * stepsPerEpoch - warmUpSteps);
  const startOf = (epoch: number): number => (epoch * stepsPerEpoch - warmUpSteps) / steps;
  return withWarmUp(overSteps(scheduleOf(recipe, startOf), steps), warmUpSteps);
}

/** @param startOf - when an epoch starts, as a share of what follows the warm-up */
function scheduleOf(recipe: LearningRateRecipe, startOf: (epoch: number) => number): Schedule {
  switch (recipe.kind) {
    case 'constant':
      return constant(recipe.from);
    case 'cosine':
      return cosine(recipe.from, recipe.to);
    case 'step': {
      const starts = recipe.atEpochs.map(startOf);
      const rateAt = (progress: number): number =>
        recipe.from * recipe.factor ** starts.filter((start) => start <= progress).length;
      const within = starts.filter((start) => start > 0 && start < 1);
      return step([0, ...within].map((start) => [start, rateAt(start)] as const));
    }
    default:
      return recipe satisfies never;
  }
}
