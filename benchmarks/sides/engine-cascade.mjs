// A cascade of two networks of the zoo in the compiled engine, one image at a time: the first threshold is such that a share
// of the images goes on to the second network. Weights are random: times do not depend on them.
import { createArchitecture } from '@dmnn/backbones';
import { openEngine, openEngineCascade } from '@dmnn/engine';
import { countNetwork } from '@dmnn/flops';
import { initialWeights } from '@dmnn/weights';
import { confidenceOf } from '../../packages/confidence/dist/index.js';
import { serve } from './serve.mjs';

await serve(async (settings) => {
  const { models, classes, imageSizePx, precision, goOn, threads, stepsPerMeasurement } = settings;
  const parts = models.map((model, at) => {
    const architecture = createArchitecture(model, { classes, imageSizePx });
    return { architecture, weights: initialWeights(architecture, { seed: at + 1 }) };
  });
  const images = Array.from({ length: stepsPerMeasurement }, (_, image) =>
    Float32Array.from({ length: 3 * imageSizePx ** 2 }, (_, i) => Math.sin(i * (12.9898 + image)) * 1.7),
  );
  const first = await openEngine(parts[0], { precision, threads });
  const confidences = [];
  for (const image of images) {
    const { logits } = await first.run(image);
    confidences.push(confidenceOf({ values: logits, classes })[0] ?? 0);
  }
  await first.close();
  const threshold = confidences.sort((a, b) => a - b)[Math.round(goOn * images.length)] ?? 1;
  /** @type {import('../../packages/confidence/dist/index.js').CascadeSettings} */
  const answering = { by: 'probability', combine: 'mean', temperatures: [1, 1], thresholds: [threshold] };
  const cascade = await openEngineCascade({ parts, settings: answering }, { precision, threads });
  const stages = [];
  for (const image of images) stages.push((await cascade.run(image)).stage);
  const reached = stages.reduce((sum, stage) => sum + stage, 0) / stages.length;
  const [own, last] = parts.map(({ architecture }) => countNetwork(architecture).macs);
  return {
    facts: {
      node: process.version,
      precision: cascade.precisions.join(', '),
      threads,
      goOn: reached,
      macsShare: (own + reached * last) / last,
    },
    async measure() {
      const began = performance.now();
      for (const image of images) await cascade.run(image);
      return (performance.now() - began) / images.length;
    },
  };
});
