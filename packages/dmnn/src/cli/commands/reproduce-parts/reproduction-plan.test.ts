import { recipeNamed } from '@dmnn/runs';
import { expect, it } from 'vitest';
import { expectedTime } from './reproduction-plan.js';

it('expects steps at the measured pace, and evaluations at a third of it', () => {
  const recipe = { ...recipeNamed('cifar-resnet20'), epochs: 7, batchSize: 10 };
  const evaluation = { ...recipe.evaluation, everyEpochs: 3 };
  const pace = { secondsPerImage: 0.5, steps: 3, batchSize: 4 };
  const data = { name: 'cifar100', trainImages: 40, testImages: 12 };
  const time = expectedTime({ recipe: { ...recipe, evaluation }, steps: 28, data }, pace);
  // after epochs 3, 6 and, the last, 7: 3 · 12 images at a third of half a second
  expect(time.evaluationSeconds).toBeCloseTo(6, 9);
  expect(time.seconds).toBeCloseTo(28 * 10 * 0.5 + 6, 9);
});
