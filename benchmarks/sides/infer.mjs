// Inference with batch norm folded into the convolutions, the logits read back.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { createArchitecture } from '@dmnn/backbones';
import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { startBackend } from './backend.mjs';
import { serve } from './serve.mjs';

await serve(async (settings) => {
  const { model, batch, classes, imageSizePx, stepsPerMeasurement } = settings;
  const facts = await startBackend(settings);
  const network = createNetwork(createArchitecture(model, { classes }), { seed: 1 });
  network.fold();
  /** @type {tf.Tensor4D} */
  const images = tf.randomNormal([batch, imageSizePx, imageSizePx, 3], 0, 1, 'float32', 1);
  return {
    facts,
    measure() {
      const began = performance.now();
      for (let i = 0; i < stepsPerMeasurement; i++) {
        const pass = network.forward(images, {
          policy: likeliest,
          statistics: 'moving',
          execution: 'masked',
        });
        pass.logits.dataSync();
        tf.dispose(pass);
      }
      return (performance.now() - began) / (stepsPerMeasurement * batch);
    },
  };
});
