// The compiled engine on a network of the zoo: one image at a time, or as many as there are workers. With `open`, the mean
// over eight patterns that open this share of the sub-blocks; controllers run, but their decisions are replaced. With int8
// ranges come from eight random images: times do not depend on them.
import { createArchitecture } from '@dmnn/backbones';
import { openEngine } from '@dmnn/engine';
import { countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { uniformAt } from '@dmnn/gating';
import { initialWeights } from '@dmnn/weights';
import { randomPattern } from '../../packages/dmnn/dist/bench/random-pattern.js';
import { serve } from './serve.mjs';

const PATTERNS = 8;
const CALIBRATION_IMAGES = 8;

await serve(async (settings) => {
  const {
    model,
    classes,
    imageSizePx,
    precision,
    open,
    threads,
    workers = 1,
    stepsPerMeasurement,
  } = settings;
  const architecture = createArchitecture(model, { classes, imageSizePx });
  const network = { architecture, weights: initialWeights(architecture, { seed: 1 }) };
  const image = Float32Array.from({ length: 3 * imageSizePx ** 2 }, (_, i) => Math.sin(i * 12.9898) * 1.7);
  const randomImage = (seed) => Float32Array.from(image, (_, i) => 3.4 * uniformAt(seed, 0, i) - 1.7);
  const calibrationImages =
    precision === 'int8'
      ? Array.from({ length: CALIBRATION_IMAGES }, (_, seed) => randomImage(seed))
      : undefined;
  const engine = await openEngine(network, { precision, calibrationImages, threads, workers });
  if (precision !== 'auto' && engine.precision !== precision) return { skipped: engine.precisionReason };
  const patterns =
    open === undefined
      ? [undefined]
      : Array.from({ length: PATTERNS }, (_, seed) => randomPattern(architecture, open, seed));
  const table = flopsTable(countNetwork(architecture));
  const macs = patterns.map((pattern) =>
    pattern ? patternMacs(table, pattern) : countNetwork(architecture).macs,
  );
  const images = patterns.flatMap((pattern) => Array.from({ length: stepsPerMeasurement }, () => pattern));
  return {
    facts: {
      node: process.version,
      precision: engine.precision,
      precisionReason: engine.precisionReason,
      threads,
      workers,
      macsShare: macs.reduce((sum, each) => sum + each, 0) / macs.length / countUndivided(architecture).macs,
    },
    async measure() {
      const began = performance.now();
      if (workers === 1) for (const pattern of images) await engine.run(image, { pattern });
      else await Promise.all(images.map((pattern) => engine.run(image, { pattern })));
      return (performance.now() - began) / images.length;
    },
  };
});
