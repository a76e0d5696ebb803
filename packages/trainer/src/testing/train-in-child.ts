import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { train } from '../train/train.js';
import { tinyDataset } from './tiny-dataset.js';
import { tinyRecipe } from './tiny-recipe.js';

// Trains in the folder that is the first argument, resuming what is there; says on stdout how far it is.
await tf.setBackend('cpu');
const [folder = '', changes = '{}'] = process.argv.slice(2);
const result = await train({
  recipe: tinyRecipe(JSON.parse(changes) as Record<string, unknown>),
  data: { train: tinyDataset('train', 64), test: tinyDataset('test', 16) },
  folder,
  resume: true,
  onProgress: (event) => {
    if (event.kind === 'step' || event.kind === 'checkpoint') process.stdout.write(`${event.kind} ${event.step}\n`);
    if (event.kind === 'warning') process.stdout.write(`warning ${event.message}\n`);
  },
});
process.stdout.write(`${result.status}\n`);
