// Loads the model.json files that packages/import/scripts/keras-models.py wrote into TensorFlow.js, reads them as networks and
// compares the logits with Keras's.
//   node packages/layers/scripts/check-keras-models.mjs FOLDER [CASE…]
// Needs a build (npm run build). Exits with 1 if a logit differs by more than 1e-4 of the largest. A model that is made for any size is
// read for the largest size of its images.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { chooseBackend } from '@dmnn/runtime';
import { kerasModel, networkDataOf, registerLayers } from '../dist/index.js';

const [folder = '.', ...wanted] = process.argv.slice(2);
const there = readdirSync(folder).flatMap((file) => /^(.*)\.logits\.json$/.exec(file)?.[1] ?? []);
const cases = there.filter((name) => wanted.length === 0 || wanted.includes(name));
const { chosen } = await chooseBackend();
console.log(`largest difference of a logit, as a share of the largest logit (TensorFlow.js on ${chosen})`);
registerLayers(tf);
let failures = 0;
for (const name of cases) {
  const model = await tf.loadLayersModel(
    kerasModel({ load: () => artifactsIn(join(folder, `${name}.tfjs`)) }),
  );
  const { images } = JSON.parse(readFileSync(join(folder, `${name}.logits.json`), 'utf8'));
  for (const { sizePx, logits: expected } of images) {
    const { architecture, weights } = networkDataOf(model, { imageSizePx: sizePx });
    const pixels = tf.tensor4d(prepared(name, sizePx), [2, sizePx, sizePx, 3]);
    const network = createNetwork(architecture, { seed: 0, weights });
    const { logits } = network.forward(pixels, {
      policy: likeliest,
      statistics: 'moving',
      execution: 'masked',
    });
    const share = difference(logits.dataSync(), expected.flat());
    if (!(share < 1e-4)) failures++;
    console.log(`  ${name} at ${sizePx} px: ${share.toExponential(1)}`);
    network.dispose();
    tf.dispose([pixels, logits]);
  }
  model.dispose();
}
process.exitCode = failures > 0 || cases.length === 0 ? 1 : 0;

/** @param {string} place @returns {Promise<tf.io.ModelArtifacts>} */
async function artifactsIn(place) {
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(place, 'model.json'), 'utf8'));
  /** @type {{ paths: string[], weights: tf.io.WeightsManifestEntry[] }[]} */
  const groups = weightsManifest;
  const data = Buffer.concat(
    groups.flatMap(({ paths }) => paths.map((path) => readFileSync(join(place, path)))),
  );
  const weightSpecs = groups.flatMap(({ weights }) => weights);
  return { modelTopology, weightSpecs, weightData: new Uint8Array(data).buffer };
}

/** As keras.applications prepares images: from -1 to 1 for a MobileNetV2; blue, green, red without their means for a ResNet. @param {string} name @param {number} sizePx */
function prepared(name, sizePx) {
  const file = readFileSync(join(folder, `${name}.images${sizePx}.f32`));
  const pixels = new Float32Array(new Uint8Array(file).buffer);
  if (name.startsWith('mobilenet')) return pixels.map((pixel) => pixel / 127.5 - 1);
  const means = [103.939, 116.779, 123.68];
  return pixels.map((_, i) => (pixels[i + 2 - 2 * (i % 3)] ?? 0) - (means[i % 3] ?? 0));
}

/** @param {ArrayLike<number>} logits @param {number[]} expected */
function difference(logits, expected) {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - (logits[i] ?? NaN)))) / largest;
}
