import { expect, it } from 'vitest';
import { tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import { learningRateOf } from './learning-rate-of.js';

function ratesOf(learningRate: Record<string, unknown>, steps: readonly number[], epochs = 4): string[] {
  const recipe = tinyStaticRecipe({ epochs, learningRate });
  const rate = learningRateOf(recipe.learningRate, { epochs, stepsPerEpoch: 10 });
  return steps.map((step) => rate(step).toPrecision(4));
}

it('counts the epochs of a cosine from the end of the warm-up', () => {
  // 10 steps of warm-up, then 30 of cosine: half way at step 25
  expect(ratesOf({ kind: 'cosine', from: 1, warmUpEpochs: 1 }, [0, 9, 10, 25])).toEqual([
    '0.1000',
    '1.000',
    '1.000',
    '0.5000',
  ]);
});

it('counts the epochs of steps from the start of training, warm-up or not', () => {
  for (const warmUpEpochs of [0, 1.5]) {
    expect(ratesOf({ kind: 'step', from: 1, atEpochs: [2, 3], warmUpEpochs }, [19, 20, 29, 30])).toEqual([
      '1.000',
      '0.1000',
      '0.1000',
      '0.01000',
    ]);
  }
});

it('can be constant', () => {
  expect(ratesOf({ kind: 'constant', from: 0.3, warmUpEpochs: 0.2 }, [0, 1, 2, 39])).toEqual([
    '0.1500',
    '0.3000',
    '0.3000',
    '0.3000',
  ]);
});

it('has the rates of a step recipe to the bit, also past the end of a shortened run', () => {
  const recipe = tinyStaticRecipe({
    epochs: 7,
    learningRate: { kind: 'step', from: 0.1, factor: 0.1, atEpochs: [3, 5, 9] },
  });
  const rate = learningRateOf(recipe.learningRate, { epochs: 7, stepsPerEpoch: 13 });
  for (let at = 0; at < 7 * 13; at++) {
    const drops = [3, 5].filter((epoch) => at >= epoch * 13).length;
    expect(rate(at)).toBe(0.1 * 0.1 ** drops);
  }
});
