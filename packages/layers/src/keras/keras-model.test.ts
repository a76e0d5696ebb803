import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { dynamicBlocks, kerasModel, registerLayers } from '../index.js';

interface Case {
  readonly topology: object;
  readonly weights: readonly { name: string; shape: number[]; values: number[] }[];
  readonly input: { shape: number[]; values: number[] };
  readonly output: number[];
}
/** Made by Keras itself: `make-keras3-models.py` next to it. */
const cases = JSON.parse(
  readFileSync(new URL('../../../import/src/keras/fixtures/keras3-models.json', import.meta.url), 'utf8'),
) as { functional: Case; sequential: Case };

function artifactsOf({ topology, weights }: Case, state = false): tf.io.ModelArtifacts {
  const all = state
    ? [...weights, { name: 'drop/seed_generator/seed_generator_state', shape: [2], values: [1, 2] }]
    : weights;
  return {
    modelTopology: { keras_version: '3.15.1', backend: 'jax', model_config: topology },
    weightSpecs: all.map(({ name, shape }) => ({ name, shape, dtype: 'float32' as const })),
    weightData: Float32Array.from(all.flatMap(({ values }) => values)).buffer,
  };
}
const place = (artifacts: tf.io.ModelArtifacts): tf.io.IOHandler => ({
  load: () => Promise.resolve(artifacts),
});

describe('kerasModel', () => {
  beforeAll(() => {
    registerLayers(tf);
  });

  it.each(['functional', 'sequential'] as const)(
    '%s: the answers of Keras, before and after saving',
    async (name) => {
      const { input, output } = cases[name];
      const lines: string[] = [];
      const source = place(artifactsOf(cases[name], name === 'functional'));
      const model = await tf.loadLayersModel(kerasModel(source, { onChange: (line) => lines.push(line) }));
      expect(lines.length).toBeGreaterThan(0);
      if (name === 'functional') expect(lines.at(-1)).toMatch(/^weight drop\/.*seed_generator_state: /);
      const x = tf.tensor(input.values, input.shape);
      const answer = model.predict(x) as tf.Tensor;
      const most = Math.max(...output.map(Math.abs));
      const differences = [...answer.dataSync()].map((value, i) => Math.abs(value - (output[i] as number)));
      expect(Math.max(...differences) / most).toBeLessThan(1e-5);

      let saved: tf.io.ModelArtifacts | undefined;
      await model.save(
        tf.io.withSaveHandler((artifacts) => {
          saved = artifacts;
          return Promise.resolve({
            modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const },
          });
        }),
      );
      const again = await tf.loadLayersModel(place(saved as tf.io.ModelArtifacts));
      expect((again.predict(x) as tf.Tensor).dataSync()).toEqual(answer.dataSync());
      expect(() => dynamicBlocks(again)).toThrow('model: expected at least one gatedSum layer, got none');
    },
  );

  it('names everything that is missing at once', async () => {
    const layers = [
      { class_name: 'InputLayer', config: { name: 'x', batch_shape: [null, 2] } },
      { class_name: 'Lambda', config: { name: 'f' } },
      { class_name: 'Dense', config: { name: 'd', units: 1, activation: 'glu' } },
    ];
    const modelTopology = { class_name: 'Sequential', config: { name: 'm', layers } };
    await expect(tf.loadLayersModel(kerasModel(place({ modelTopology })))).rejects.toThrow(
      'got Lambda: layer f; activation glu: layer d',
    );
    await expect(tf.loadLayersModel(kerasModel({}))).rejects.toThrow('source: expected a place to load from');
  });
});
