// A cascade of two networks of the zoo in the compiled engine, one awaited call an image.
import { openEngine, openEngineCascade } from '@dmnn/engine';
import { cascadeFacts, cascadeWork, settingsFor } from './cascade-work.mjs';
import { serve } from './serve.mjs';

await serve(async (given) => {
  const { precision, goOn, threads } = given;
  const { parts, images } = cascadeWork(given);
  const first = await openEngine(parts[0], { precision, threads });
  const logits = [];
  for (const image of images) logits.push((await first.run(image)).logits);
  await first.close();
  const settings = settingsFor(logits, goOn);
  const cascade = await openEngineCascade({ parts, settings }, { precision, threads });
  const stages = [];
  for (const image of images) stages.push((await cascade.run(image)).stage);
  return {
    facts: {
      node: process.version,
      precision: cascade.precisions.join(', '),
      threads,
      ...cascadeFacts(parts, stages),
    },
    async measure() {
      const began = performance.now();
      for (const image of images) await cascade.run(image);
      return (performance.now() - began) / images.length;
    },
  };
});
