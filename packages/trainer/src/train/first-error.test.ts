import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { tinyRecipe } from '../fixtures/tiny-recipe.js';
import type { Companions } from './companions.js';
import { trainWith } from './train-with.js';

const data = { train: tinyDataset('train', 16), test: tinyDataset('test', 12) };

it('reports what ended the training, not what cannot be freed after it, and frees the rest', async () => {
  await inTemporaryFolder(async (folder) => {
    let disposed = 0;
    const companions: Partial<Companions> = {
      trainable: new Map(),
      moving: new Map(),
      gradientsOf: () => {
        throw new Error('no room for the step');
      },
      dispose: () => {
        disposed += 1;
        throw new Error('memory access out of bounds');
      },
    };
    const extension = {
      prepare: <T>(config: T) => Promise.resolve(config),
      companions: () => companions as Companions,
    };
    const before = tf.memory().numTensors;
    const run = trainWith(extension, { recipe: tinyRecipe(), data, folder });
    await expect(run).rejects.toThrow('no room for the step');
    expect(disposed).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });
});
