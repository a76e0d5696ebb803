// A cascade of two networks of the zoo as one exported file in ONNX Runtime, one awaited call an image.
import { DynamicSession, exportCascade, exportOnnx } from '@dmnn/onnx';
import * as ort from 'onnxruntime-node';
import { cascadeFacts, cascadeWork, settingsFor } from './cascade-work.mjs';
import { serve } from './serve.mjs';

await serve(async (given) => {
  const { goOn, threads } = given;
  const { parts, images } = cascadeWork(given);
  const first = await DynamicSession.create(exportOnnx(parts[0]), { threads });
  const logits = [];
  for (const image of images) logits.push((await first.run(image)).logits);
  await first.close();
  const file = exportCascade(parts, settingsFor(logits, goOn));
  const cascade = await DynamicSession.create(file, { threads });
  const stages = [];
  for (const image of images) {
    const { stage } = await cascade.run(image);
    if (stage === undefined) throw new Error('stage: expected one, as of a cascade');
    stages.push(stage);
  }
  return {
    facts: {
      node: process.version,
      onnxruntime: ort.env.versions.node,
      threads,
      form: cascade.form,
      ...cascadeFacts(parts, stages),
    },
    async measure() {
      const began = performance.now();
      for (const image of images) await cascade.run(image);
      return (performance.now() - began) / images.length;
    },
  };
});
