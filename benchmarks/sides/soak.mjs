// A long training run, to see what grows: the trainer's own step on the built-in data, without its files.
import { setImmediate } from 'node:timers/promises';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { builtInDataset, trainingBatches } from '@dmnn/data';
import { createNetwork } from '@dmnn/network';
import { overrideRecipe, parseRecipe, recipeNamed } from '@dmnn/runs';
import { Sgd, architectureOf } from '@dmnn/trainer';
// the inside of the trainer: `train` adds checkpoints and evaluations to these, which are not meant here
import { createLearner, decaysBy } from '../../packages/trainer/dist/train/learner.js';
import { computeStep } from '../../packages/trainer/dist/train/training-step.js';
import { startBackend } from './backend.mjs';
import { converse } from './serve.mjs';

const IMAGES = 2048; // made once, within the first epoch

await converse(async (settings) => {
  const facts = await startBackend(settings);
  const recipe = parseRecipe(
    overrideRecipe(recipeNamed(settings.recipe), ['data=built-in', `batchSize=${settings.batch}`]),
  );
  const dataset = builtInDataset({ split: 'train', size: IMAGES });
  const network = createNetwork(architectureOf(recipe, dataset), { seed: recipe.seed });
  const learner = createLearner(network, recipe, dataset);
  const { optimiser: update } = recipe;
  const optimiser = new Sgd(learner.trainable, { ...update, decays: decaysBy(update.decay, learner) });
  let step = 0;

  return {
    facts,
    /** Trains until so many steps have been done in all. */
    async answer(steps) {
      const began = performance.now();
      const first = step;
      while (step < steps) {
        const epoch = Math.floor((step * recipe.batchSize) / IMAGES);
        const startStep = step % (IMAGES / recipe.batchSize);
        const { seed, batchSize, augmentation: augment } = recipe;
        for await (const batch of trainingBatches(dataset, { batchSize, seed, epoch, startStep, augment })) {
          const place = { step, epoch, progress: step / settings.steps };
          const { gradients } = await computeStep(learner, batch, recipe, place);
          optimiser.step(gradients, 0.01);
          tf.dispose([...gradients.values()]);
          await setImmediate(); // as the trainer does
          if (++step === steps) break;
        }
      }
      globalThis.gc?.(); // what V8 has not yet swept is no leak
      return {
        steps: step,
        tensors: tf.memory().numTensors,
        residentBytes: process.memoryUsage().rss,
        msPerImage: (performance.now() - began) / ((step - first) * recipe.batchSize),
      };
    },
  };
});
