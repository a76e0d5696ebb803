// ImageNet's training pipeline: files of photographs to normalised batches, on one thread.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { imageBatch, trainingView } from '../../packages/data/dist/index.js';
import { serve } from './serve.mjs';

const SIZE_PX = 224;

await serve(async ({ photographs, batch }) => {
  const files = readdirSync(photographs, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.jpe?g$/i.test(file))
    .sort()
    .map((file) => join(photographs, file));
  if (files.length < batch)
    throw new Error(`photographs: expected at least ${batch} files .jpg or .jpeg, got ${files.length}`);
  const batches = Math.floor(files.length / batch);
  let epoch = 0;
  return {
    facts: { node: process.version, photographs: batches * batch },
    /** All the photographs once, so that every measurement has the same files. */
    async measure() {
      const began = performance.now();
      for (let i = 0; i < batches; i++) {
        const sources = files.slice(i * batch, (i + 1) * batch).map((file, b) => ({
          file,
          bytes: readFileSync(file),
          viewOf: trainingView({ seed: 1, epoch, sampleKey: i * batch + b }, { sizePx: SIZE_PX }),
        }));
        await imageBatch(sources, SIZE_PX);
      }
      epoch++; // other crops next time
      return (performance.now() - began) / (batches * batch);
    },
  };
});
