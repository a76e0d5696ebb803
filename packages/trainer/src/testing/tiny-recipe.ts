import { parseRecipe } from '../recipe/parse-recipe.js';
import type { Recipe } from '../recipe/recipe.js';

/** A dynamic network of a few thousand parameters, for {@link tinyDataset}. */
export function tinyRecipe(changes: Readonly<Record<string, unknown>> = {}): Recipe {
  return parseRecipe({
    name: 'tiny',
    model: { name: 'dmnn-cifar-resnet8-0.25-n2' },
    epochs: 2,
    batchSize: 4,
    learningRate: { kind: 'cosine', from: 0.05 },
    gating: { targetRate: 0.6, openingRate: 0.7 },
    evaluation: { batchSize: 8 },
    log: { everySteps: 1 },
    ...changes,
  });
}

/** The same without gates. */
export function tinyStaticRecipe(changes: Readonly<Record<string, unknown>> = {}): Recipe {
  return tinyRecipe({ model: { name: 'cifar-resnet8-0.25' }, gating: null, ...changes });
}
