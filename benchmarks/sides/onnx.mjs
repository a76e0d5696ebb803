// ONNX Runtime on a network of the zoo, as an ONNX file of ours: one awaited call an image.
import { createArchitecture } from '@dmnn/backbones';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import { initialWeights } from '@dmnn/weights';
import * as ort from 'onnxruntime-node';
import { serve } from './serve.mjs';

await serve(async ({ model, classes, imageSizePx, threads, stepsPerMeasurement }) => {
  const architecture = createArchitecture(model, { classes, imageSizePx });
  const file = exportOnnx({ architecture, weights: initialWeights(architecture, { seed: 1 }) });
  const session = await DynamicSession.create(file, { threads });
  const image = Float32Array.from({ length: 3 * imageSizePx ** 2 }, (_, i) => Math.sin(i * 12.9898) * 1.7);
  return {
    facts: { node: process.version, onnxruntime: ort.env.versions.node, threads },
    async measure() {
      const began = performance.now();
      for (let i = 0; i < stepsPerMeasurement; i++) await session.run(image);
      return (performance.now() - began) / stepsPerMeasurement;
    },
  };
});
