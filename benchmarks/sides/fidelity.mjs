// One training run of some steps: its losses, and the gradients of its first step. As a program of its own, since
// kernels once registered stay.
import { writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { openDataset, trainingBatches } from '@dmnn/data';
import { createNetwork } from '@dmnn/network';
import { overrideRecipe, parseRecipe, recipeNamed } from '@dmnn/runs';
import { chooseBackend } from '@dmnn/runtime';
import { Sgd, architectureOf } from '@dmnn/trainer';
// tfjs-node as it is: without the kernels that chooseBackend registers
import { loadNative } from '../../packages/runtime/dist/choose/load-native.js';
import { nativeCacheDirectory } from '../../packages/native/dist/index.js';
// the inside of the trainer: `train` adds checkpoints and evaluations to these, which are not meant here
import { createLearner, decaysBy } from '../../packages/trainer/dist/train/learner.js';
import { computeStep } from '../../packages/trainer/dist/train/training-step.js';

const {
  kernels,
  threads,
  batch,
  rate,
  jitter = 0,
  seed,
  steps,
  data,
  recipe: name,
  output,
} = JSON.parse(process.argv[2]);

// libtensorflow reads it once, when its first operation runs
process.env.TF_NUM_INTRAOP_THREADS = String(threads);

if (kernels === 'ours') await chooseBackend({ prefer: 'native', threads });
else {
  const load = loadNative({ gpu: false, cacheDirectory: nativeCacheDirectory() });
  if (!load.loaded) throw new Error(load.reason);
  await tf.setBackend('tensorflow');
}
const recipe = parseRecipe(
  overrideRecipe(recipeNamed(name), [
    `data=${data.split('=')[0]}`,
    `seed=${seed}`,
    ...(batch ? [`batchSize=${batch}`] : []),
  ]),
);
const { train } = await openDataset(data);
const network = createNetwork(architectureOf(recipe, train), { seed });
const learner = createLearner(network, recipe, train);
const optimiser = new Sgd(learner.trainable, {
  ...recipe.optimiser,
  decays: decaysBy(recipe.optimiser.decay, learner),
});
const { batchSize, augmentation: augment } = recipe;

const losses = [];
const firstGradients = {};
for await (const batch of trainingBatches(train, { batchSize, seed, epoch: 0, augment })) {
  const step = losses.length;
  // every image by a factor that is 1 but for the last digit
  if (jitter !== 0) for (let i = 0; i < batch.images.length; i++) batch.images[i] *= 1 + jitter;
  const { gradients, values } = await computeStep(learner, batch, recipe, { step, epoch: 0, progress: 0 });
  losses.push(values.loss.total);
  if (step === 0) for (const [key, gradient] of gradients) firstGradients[key] = [...gradient.dataSync()];
  optimiser.step(gradients, rate ?? recipe.learningRate.from);
  tf.dispose([...gradients.values()]);
  await setImmediate();
  if (losses.length === steps) break;
}
writeFileSync(output, JSON.stringify({ losses, firstGradients }));
