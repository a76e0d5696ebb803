// ONNX Runtime on a network of the zoo, as an ONNX file of ours with default settings: one awaited call an image. With
// `open`, the mean over eight patterns that open this share of the sub-blocks, a file each: its controllers run, and their
// biases decide the pattern.
import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import { initialWeights } from '@dmnn/weights';
import * as ort from 'onnxruntime-node';
import { randomPattern } from '../../packages/dmnn/dist/bench/random-pattern.js';
import { scripted } from '../../packages/onnx/scripts/scripted-weights.mjs';
import { serve } from './serve.mjs';

const PATTERNS = 8;

await serve(async ({ model, classes, imageSizePx, open, threads, stepsPerMeasurement }) => {
  const architecture = createArchitecture(model, { classes, imageSizePx });
  const weights = initialWeights(architecture, { seed: 1 });
  const patterns =
    open === undefined
      ? [undefined]
      : Array.from({ length: PATTERNS }, (_, seed) => randomPattern(architecture, open, seed));
  const table = flopsTable(countNetwork(architecture));
  const image = Float32Array.from({ length: 3 * imageSizePx ** 2 }, (_, i) => Math.sin(i * 12.9898) * 1.7);
  const sessions = [];
  let macs = 0;
  for (const pattern of patterns) {
    const decided = pattern ? scripted(architecture, weights, pattern) : weights;
    const session = await DynamicSession.create(exportOnnx({ architecture, weights: decided }), { threads });
    const ran = (await session.run(image)).macs;
    const expected = pattern ? patternMacs(table, pattern) : ran;
    if (ran !== expected) throw new Error(`macs: expected ${expected}, as the pattern costs, got ${ran}`);
    macs += ran;
    sessions.push(session);
  }
  return {
    facts: {
      node: process.version,
      onnxruntime: ort.env.versions.node,
      threads,
      form: sessions[0]?.form,
      macsShare: macs / sessions.length / countUndivided(architecture).macs,
    },
    async measure() {
      const began = performance.now();
      for (const session of sessions) for (let i = 0; i < stepsPerMeasurement; i++) await session.run(image);
      return (performance.now() - began) / (stepsPerMeasurement * sessions.length);
    },
  };
});
