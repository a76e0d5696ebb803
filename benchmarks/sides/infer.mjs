// Inference with batch norm folded into the convolutions, the logits read back. With `open`, every image of the batch opens
// this share of the sub-blocks, by one of eight patterns in turn, and what is closed is skipped; controllers run.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { likeliest, scripted } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { randomPattern } from '../../packages/dmnn/dist/bench/random-pattern.js';
import { startBackend } from './backend.mjs';
import { serve } from './serve.mjs';

const PATTERNS = 8;

await serve(async (settings) => {
  const { model, batch, classes, imageSizePx, open, stepsPerMeasurement } = settings;
  const facts = await startBackend(settings);
  const architecture = createArchitecture(model, { classes, imageSizePx });
  const network = createNetwork(architecture, { seed: 1 });
  const patterns =
    open === undefined
      ? []
      : Array.from({ length: PATTERNS }, (_, seed) => randomPattern(architecture, open, seed));
  const table = flopsTable(countNetwork(architecture));
  const macs = patterns.map((pattern) => patternMacs(table, pattern));
  const policy =
    open === undefined ? likeliest : scripted((block, image) => patterns[image % PATTERNS]?.[block] ?? []);
  network.fold();
  /** @type {tf.Tensor4D} */
  const images = tf.randomNormal([batch, imageSizePx, imageSizePx, 3], 0, 1, 'float32', 1);
  return {
    facts: {
      ...facts,
      ...(macs.length > 0 && {
        macsShare:
          macs.reduce((sum, each) => sum + each, 0) / macs.length / countUndivided(architecture).macs,
      }),
    },
    measure() {
      const began = performance.now();
      for (let i = 0; i < stepsPerMeasurement; i++) {
        const pass = network.forward(images, {
          policy,
          statistics: 'moving',
          execution: open === undefined ? 'masked' : 'skipping',
        });
        pass.logits.dataSync();
        tf.dispose(pass);
      }
      return (performance.now() - began) / (stepsPerMeasurement * batch);
    },
  };
});
