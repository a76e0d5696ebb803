import { convUnit } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { tinyRows } from '../fixtures/tiny-rows.js';
import { architectureOf } from './architecture-of.js';
import { reproduce } from '../paper/reproduce/reproduce.js';
import { trainingMemory } from './training-memory.js';

describe('trainingMemory', () => {
  it('counts weights, momentum, gradients, and three values for each output', () => {
    const architecture = {
      name: 'one-convolution',
      imageSizePx: 8,
      inChannels: 3,
      stem: { units: [convUnit(3, 3, 16)] },
      stages: [],
      head: { units: [], inFeatures: 16, classes: 10 },
    };
    // 3·3·3·16 weights and 2·16 of batch norm; 16·10 weights and 10 biases; 8·8·16 outputs and 10
    const parameters = 432 + 32 + 170;
    const outputs = 8 * 8 * 16 + 10;
    expect(trainingMemory(architecture, { batchSize: 6, accumulation: 1 })).toEqual({
      weightsBytes: 4 * parameters,
      optimiserBytes: 4 * parameters,
      gradientsBytes: 4 * parameters,
      activationsBytes: 4 * 3 * 6 * outputs,
      totalBytes: 4 * 3 * (parameters + 6 * outputs),
      images: 6,
    });
    const inParts = trainingMemory(architecture, { batchSize: 6, accumulation: 3 });
    expect(inParts).toMatchObject({ images: 2, gradientsBytes: 2 * 4 * parameters });
  });

  it.each(['cifar-resnet8-0.25', 'dmnn-cifar-resnet8-0.25-n2'])(
    'is of the size that a training step of %s takes, on a backend that joins no operations',
    async (model) => {
      const rowId = model.startsWith('dmnn') ? 'table1/10-dmnn50-n2-t0.5' : 'table1/03-resnet50';
      await inTemporaryFolder(async (folder) => {
        const overrides = [...tinyRows.overrides, `model.name=${model}`];
        const highest = watchMemory();
        const { recipe } = await reproduce(rowId, {
          ...{ data: tinyRows.data, folder, overrides, scale: 'laptop' },
        });
        const estimate = trainingMemory(architectureOf(recipe, tinyRows.data.train), recipe).totalBytes;
        expect(highest() / estimate).toBeGreaterThan(0.7);
        expect(highest() / estimate).toBeLessThan(1.5);
      });
    },
  );
});

/** The most bytes that tensors take from now until it is asked, above those of now. */
function watchMemory(): () => number {
  const engine = tf.engine();
  const before = engine.state.numBytes;
  let highest = before;
  const trackTensor = engine.trackTensor.bind(engine);
  engine.trackTensor = (...arguments_) => {
    trackTensor(...arguments_);
    highest = Math.max(highest, engine.state.numBytes);
  };
  return () => {
    engine.trackTensor = trackTensor;
    return highest - before;
  };
}
